import Notebook
import Testing

@Suite struct MarkdownTests {
  @Test func blocks() {
    #expect(
      Markdown.html("# A\n\none\ntwo\n\n- x\n- y\n  more\n\n1. z\n\n> q\n---\n```lua\na < b\n```")
        == """
        <h1>A</h1>
        <p>one
        two</p>
        <ul>
        <li>x</li>
        <li>y
        more</li>
        </ul>
        <ol>
        <li>z</li>
        </ol>
        <blockquote>q</blockquote>
        <hr>
        <pre>a &lt; b</pre>

        """)
  }

  @Test func marksInLines() {
    #expect(
      Markdown.html("**b** and *i* and `c*d` and [l](https://x.org/?a&b)")
        == "<p><strong>b</strong> and <em>i</em> and <code>c*d</code> and <a href=\"https://x.org/?a&amp;b\">l</a></p>\n"
    )
    #expect(Markdown.html("2 * 3 * 4 and \\*a\\* and `open") == "<p>2 * 3 * 4 and *a* and `open</p>\n")
  }

  @Test func nothingOfTheTextBecomesMarkup() {
    let html = Markdown.html("<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![](http://a/b.png) \"'")
    #expect(!html.contains("<script"))
    #expect(!html.contains("javascript:alert(1)\""))
  }
}
