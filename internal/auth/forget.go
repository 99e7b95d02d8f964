package auth

// Forget makes the desk look every key and token up again: after a change to a
// user or a location, which stand behind them. In other processes the change is
// seen within a second.
func (d *Desk) Forget() { d.forget() }
