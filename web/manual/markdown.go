package manual

import (
	"bytes"
	"errors"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// converter reads the dialect that the repository's own pages are read in.
var converter = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))), // the policy forbids styles
	goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(fitting{}, 100))),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(framing{}, 100))),
)

// markdown renders a page of docs.
func markdown(name string, source []byte) (document, error) {
	d := document{Name: name}
	root := converter.Parser().Parse(text.NewReader(source))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, isHeading := n.(*ast.Heading)
		switch {
		case !isHeading:
		case h.Level == 1:
			d.Title = plain(h, source)
		case h.Level <= 3:
			d.Sections = append(d.Sections, section{ID: id(h), Title: plain(h, source), Level: h.Level})
		}
	}
	if d.Title == "" {
		return d, errors.New("no title")
	}
	var b bytes.Buffer
	err := converter.Renderer().Render(&b, source, root)
	d.Body = template.HTML(b.String()) //nolint:gosec // goldmark escapes, and leaves raw HTML out
	return d, err
}

// phrase renders one paragraph without its frame.
func phrase(source string) template.HTML {
	var b bytes.Buffer
	if err := converter.Convert([]byte(source), &b); err != nil {
		panic(err) // a buffer takes everything
	}
	inner := strings.TrimSpace(b.String())
	inner = strings.TrimSuffix(strings.TrimPrefix(inner, "<p>"), "</p>")
	return template.HTML(inner) //nolint:gosec // as above
}

// plain is the text of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, isText := n.(*ast.Text); isText && entering {
			b.Write(t.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

func id(n ast.Node) string {
	value, _ := n.AttributeString("id")
	b, _ := value.([]byte)
	return string(b)
}

// longText is what needs a wide column, in bytes.
const longText = 60

// fitting makes a file's text fit its page: links lead to pages, addresses are
// links, and what scrolls has a name.
type fitting struct{}

// Transform implements parser.ASTTransformer.
func (fitting) Transform(root *ast.Document, reader text.Reader, _ parser.Context) {
	heading := ""
	var links, codes []ast.Node
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			heading = plain(n, reader.Source())
			return ast.WalkSkipChildren, nil
		case *ast.Link, *ast.Image:
			links = append(links, n)
			return ast.WalkSkipChildren, nil
		case *ast.CodeSpan:
			codes = append(codes, n)
		case *tables.TableCell:
			if len(plain(n, reader.Source())) > longText {
				n.SetAttributeString("class", []byte("long"))
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock, *tables.Table:
			n.SetAttributeString("label", heading)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range links {
		relink(n)
	}
	for _, n := range codes {
		if address := plain(n, reader.Source()); isPage(address) {
			link := ast.NewLink()
			link.Destination = []byte(address)
			n.Parent().ReplaceChild(n.Parent(), n, link)
			link.AppendChild(link, n)
		}
	}
}

// relink leads a link to a page, or leaves its text alone when there is none.
func relink(n ast.Node) {
	link, isLink := n.(*ast.Link)
	if isLink {
		if to, known := address(string(link.Destination)); known {
			link.Destination = []byte(to)
			return
		}
	}
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}
