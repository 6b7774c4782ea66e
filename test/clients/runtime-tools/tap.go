// Package tap writes the Test Anything Protocol: as much of it as the validation programs call. Debian has no package
// of the one that they were written for.
package tap

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// T counts the tests of one program.
type T struct {
	count  *int
	todo   string
	Writer io.Writer
}

// New begins with a count of none.
func New() *T {
	return &T{count: new(int), Writer: os.Stdout}
}

// Header writes the version, and the plan where the number is known.
func (t *T) Header(planned int) {
	fmt.Fprintln(t.Writer, "TAP version 13")
	if planned > 0 {
		fmt.Fprintf(t.Writer, "1..%d\n", planned)
	}
}

// Ok writes whether a test passed.
func (t *T) Ok(passed bool, description string) {
	*t.count++
	word := "ok"
	if !passed {
		word = "not ok"
	}
	fmt.Fprintf(t.Writer, "%s %d - %s\n", word, *t.count, strings.ReplaceAll(description, "\n", " ")+t.todo)
}

// Fail writes a test that failed.
func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Pass writes a test that passed.
func (t *T) Pass(description string) {
	t.Ok(true, description)
}

// Skip writes tests that were not run.
func (t *T) Skip(count int, description string) {
	for range count {
		*t.count++
		fmt.Fprintf(t.Writer, "ok %d # SKIP %s\n", *t.count, description)
	}
}

// AutoPlan writes the plan after the tests.
func (t *T) AutoPlan() {
	fmt.Fprintf(t.Writer, "1..%d\n", *t.count)
}

// Diagnostic writes a remark.
func (t *T) Diagnostic(message string) {
	fmt.Fprintf(t.Writer, "# %s\n", strings.ReplaceAll(message, "\n", "\n# "))
}

// Diagnosticf writes a remark.
func (t *T) Diagnosticf(format string, values ...any) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML writes what is known of the test before, in the form of YAML that JSON is.
func (t *T) YAML(message any) error {
	text, err := json.MarshalIndent(message, "    ", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Writer, "  ---\n    %s\n  ...\n", text)
	return nil
}

// Todo gives the same count, for tests that are known to fail.
func (t *T) Todo() *T {
	return &T{count: t.count, todo: " # TODO", Writer: t.Writer}
}
