// What marked makes of Markdown.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

async function post(client: ProgramClient, path: string, body: string): Promise<string> {
  return await (await client.fetch(path, { method: 'POST', body })).text()
}

export const program: Program = {
  packages: ['marked'],
  carried: ['marked'],
  checks: {
    async 'tables, lists, code and links become HTML'(client) {
      const text =
        '# Tea & *more*\n\n| a | b |\n|---|--:|\n| 1 | ü |\n\n- [x] done\n- https://example.org\n\n```js\n1 < 2\n```\n'
      const html = await post(client, '/html', text)
      for (const part of [
        '<h1>Tea &amp; <em>more</em></h1>',
        '<td align="right">ü</td>',
        '<input checked="" disabled="" type="checkbox">',
        '<a href="https://example.org">https://example.org</a>',
        '<pre><code class="language-js">1 &lt; 2\n</code></pre>',
      ])
        assert.ok(html.includes(part), `${part} in ${html}`)
      assert.equal(
        await post(client, '/tokens', text),
        '["heading","space","table","space","list","space","code"]',
      )
    },

    async 'extensions, renderers and asynchronous tokens work'(client) {
      assert.equal(
        await post(client, '/mentions', '# Hi\n\nhello @ada'),
        '<h1 class="mine">Hi</h1>\n<p>hello <a href="/u/ada">@ada (user ada)</a></p>\n',
      )
    },

    async 'a long document is parsed within the limits of a request'(client) {
      const html = await post(
        client,
        '/html',
        '**bold** _text_ with `code` and [a link](/x)\n\n'.repeat(2000),
      )
      assert.equal(html.match(/<strong>bold<\/strong>/g)?.length, 2000)
    },
  },
}
