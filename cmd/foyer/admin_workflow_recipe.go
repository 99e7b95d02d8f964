package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

type recipesCommand struct {
	List recipeList `cmd:"" help:"List the recipes."`
	Show recipeShow `cmd:"" help:"Print a recipe as it is written down, to be changed and imported."`
	Add  recipeAdd  `cmd:"" help:"Add a recipe to a location, or give the workflow of its name a new version."`
}

type recipeList struct{ admin }

// Run lists the recipes.
func (c *recipeList) Run(o *out) error {
	all, err := workflow.Recipes()
	if err != nil {
		return err
	}
	type line struct {
		Recipe      string `json:"recipe"`
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	lines, rows := []line{}, [][]string{}
	for _, r := range all {
		text := strings.Join(strings.Fields(r.Description), " ")
		first, _, _ := strings.Cut(text, ": ")
		lines, rows = append(lines, line{r.Name, r.Document.Name, text}), append(rows, []string{r.Name, strings.TrimSuffix(first, ".") + "."})
	}
	return c.show(o, lines, "RECIPE\tWHAT IT DOES", rows...)
}

type recipeShow struct {
	Recipe string `arg:"" help:"Which recipe, by name."`
}

// Run prints a recipe.
func (c *recipeShow) Run(o *out) error {
	r, err := workflow.RecipeNamed(c.Recipe)
	if err == nil {
		_, err = o.stdout.Write(r.Text)
	}
	return err
}

type recipeAdd struct {
	located
	Recipe string `arg:"" help:"Which recipe, by name."`
	Draft  bool   `help:"Do not publish it: it takes nobody in yet."`
}

// Run adds a recipe to a location.
func (c *recipeAdd) Run(o *out) error {
	r, err := workflow.RecipeNamed(c.Recipe)
	if err != nil {
		return err
	}
	r.Status = workflow.Published
	if c.Draft {
		r.Status = workflow.Draft
	}
	var line workflowLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		w, err := workflow.Put(ctx, tx, by, r.Document)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		line = lineOfWorkflow(w, v)
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, line, workflowHead, line.row())
}
