package match

// The names that so many people in English-speaking countries have that
// sharing one says less.
var (
	commonGiven = set(`james john robert michael william david richard joseph thomas charles christopher daniel matthew
		anthony mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan
		jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander
		raymond patrick jack dennis jerry mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy
		lisa betty margaret sandra ashley kimberly emily donna michelle dorothy carol amanda melissa deborah stephanie
		rebecca sharon laura cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine
		christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia victoria
		oliver harry charlie jose juan luis carlos ethan noah liam lucas sophie jessica chloe ella mia ava isabella grace`)
	commonFamily = set(`smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez
		wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis
		robinson walker young allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera
		campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris
		morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward
		richardson watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel
		myers long ross foster jimenez singh khan davies`)
)
