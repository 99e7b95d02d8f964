package workflow

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

//go:embed recipes/*.yaml
var recipes embed.FS

// Recipe is a workflow that is ready to be switched on.
type Recipe struct {
	Name string // by which it is asked for: lead-onboarding
	Text []byte // the document
	*Document
}

// Recipes gives all recipes by name.
func Recipes() ([]Recipe, error) {
	files, err := fs.Glob(recipes, "recipes/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the recipes: %w", err)
	}
	var all []Recipe
	for _, file := range files {
		text, err := recipes.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the recipes: %w", err)
		}
		d, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("reading the recipe %s: %w", file, err)
		}
		all = append(all, Recipe{strings.TrimSuffix(path.Base(file), ".yaml"), text, d})
	}
	return all, nil
}

// RecipeNamed gives a recipe. NotFound if there is none of that name.
func RecipeNamed(name string) (*Recipe, error) {
	all, err := Recipes()
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "there is no recipe named %s", name)
	}
	return nil, err
}
