// marked: GitHub-flavoured Markdown, an extension, a renderer and asynchronous tokens.

import { Marked, marked, type Tokens } from 'marked'

const withMentions = new Marked({
  async: true,
  extensions: [
    {
      name: 'mention',
      level: 'inline',
      start: (text) => text.indexOf('@'),
      tokenizer(text) {
        const [raw, user] = /^@(\w+)/.exec(text) ?? []
        return raw === undefined ? undefined : { type: 'mention', raw, user }
      },
      renderer: (token) => `<a href="/u/${token.user}">@${token.user} (${token.title})</a>`,
    },
  ],
  async walkTokens(token) {
    if (token.type === 'mention') token.title = await Promise.resolve(`user ${token.user}`)
  },
  renderer: { heading: ({ text, depth }: Tokens.Heading) => `<h${depth} class="mine">${text}</h${depth}>\n` },
})

export default {
  async fetch(request: Request): Promise<Response> {
    const text = await request.text()
    switch (new URL(request.url).pathname) {
      case '/html':
        return new Response(await marked.parse(text))
      case '/mentions':
        return new Response(await withMentions.parse(text))
      default:
        return Response.json(marked.lexer(text).map(({ type }) => type))
    }
  },
}
