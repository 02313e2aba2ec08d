package manual

import (
	"fmt"
	"html"

	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// framing writes headings with a link to themselves, and tables and code that
// scroll by themselves, with the keyboard too.
type framing struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (framing) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, heading)
	r.Register(ast.KindFencedCodeBlock, code)
	r.Register(ast.KindCodeBlock, code)
	r.Register(tables.KindTable, table)
}

func heading(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	h, anchor := n.(*ast.Heading), html.EscapeString(id(n)) //nolint:forcetypeassert // registered for its kind
	switch {
	case entering:
		_, _ = fmt.Fprintf(w, `<h%d id="%s">`, h.Level, anchor)
	case h.Level == 1:
		_, _ = w.WriteString("</h1>\n")
	default:
		_, _ = fmt.Fprintf(w, ` <a class="anchor" href="#%s" aria-label="Link to “%s”">#</a></h%d>`+"\n",
			anchor, html.EscapeString(plain(n, source)), h.Level)
	}
	return ast.WalkContinue, nil
}

func code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	_, _ = fmt.Fprintf(w, `<pre tabindex="0" role="group" aria-label="Code: %s"><code>`, label(n))
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		_, _ = w.WriteString(html.EscapeString(string(line.Value(source))))
	}
	_, _ = w.WriteString("</code></pre>\n")
	return ast.WalkSkipChildren, nil
}

func table(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = fmt.Fprintf(w, `<div class="scroll" tabindex="0" role="group" aria-label="Table: %s"><table>`+"\n", label(n))
	} else {
		_, _ = w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}

// label is the heading above.
func label(n ast.Node) string {
	value, _ := n.AttributeString("label")
	text, _ := value.(string)
	return html.EscapeString(text)
}
