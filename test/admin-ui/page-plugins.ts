// Plugins whose pages are shown in the shell.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clientBundle } from '../support/client-bundle.ts'
import { backendOf, type PluginSource } from '../support/runtime.ts'

const HEAD = '<meta charset="utf-8"><link rel="stylesheet" href=".plugbay/style.css">'

/** Steps inside of one document, as routers of applications make them. */
const APP = `
import * as client from './client.js'
globalThis.client = client
const show = () => {
  document.querySelector('#where').textContent = location.pathname.split('/').pop() + ' ' + (history.state?.step ?? '-')
}
addEventListener('popstate', show)
let step = 0
document.querySelector('#step').addEventListener('click', () => {
  step += 1
  history.pushState({ step }, '', 'step-' + step)
  document.title = 'Step ' + step
  show()
})
document.querySelector('#ask').addEventListener('click', async () => {
  document.querySelector('#answer').textContent = await client.confirm('Throw it away?', { label: 'Throw', danger: true })
})
client.theme().then(({ scheme, user }) => { document.querySelector('#look').textContent = scheme + ' ' + user })
client.onEvent('theme', ({ scheme }) => { document.querySelector('#look').textContent = scheme })
fetch('api/who').then((r) => r.text()).then((text) => { document.querySelector('#who').textContent = text })
show()
`

export async function tourPlugin(): Promise<PluginSource> {
  return {
    id: 'tour',
    backend: backendOf('return new Response((ctx.user?.name ?? "a stranger") + " at " + url.pathname)'),
    files: {
      'frontend/client.js': await clientBundle(),
      'frontend/app.js': APP,
      'frontend/icon.svg':
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="teal"/></svg>',
      'frontend/index.html': `<!doctype html><html lang="en"><head>${HEAD}<title>Tour</title><script type="module" src="app.js"></script></head>
<body><main><h1>The tour</h1><p id="where"></p><p id="look"></p><p id="who"></p><p id="answer"></p>
<button id="step">Step</button> <button id="ask">Ask</button> <a href="second.html">Second</a> <a href="#last">To the end</a><p id="last">The end</p></main></body></html>`,
      'frontend/second.html': `<!doctype html><html lang="en"><head>${HEAD}<title>Second</title><meta name="plugbay-frame" content="content"></head>
<body><main><h1>The second page</h1><a href="./">First</a> <a href="third.html?x=1">Third</a></main></body></html>`,
      'frontend/third.html': `<!doctype html><html lang="en"><head>${HEAD}<title>Third</title></head>
<body><main><h1>The third page</h1></main></body></html>`,
    },
    manifest: {
      name: 'Tour',
      access: 'user',
      icon: 'frontend/icon.svg',
      frontend: { fallback: 'index.html' },
      contributes: {
        menus: [
          { menu: 'shell.main', title: 'The tour', category: 'Sights', icon: 'book', path: '/' },
          { menu: 'shell.main', title: 'The third page', category: 'Sights', path: '/third.html?x=1' },
        ],
      },
    },
  }
}

/** A plugin that is made of the examples of docs/pages.md, with the backend that they speak to. */
export async function documentedPlugin(): Promise<PluginSource> {
  const page = await readFile(join(import.meta.dirname, '../../docs/pages.md'), 'utf8')
  const example = (language: string): string => {
    const [text, ...others] = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
      ([, code = '']) => code,
    )
    if (text === undefined || others.length > 0)
      throw new Error(`docs/pages.md has one example in ${language}`)
    return text
  }
  return {
    id: 'notes',
    backend: backendOf('return Response.json({ text: "Milk", method: request.method, path: url.pathname })'),
    files: {
      'frontend/app.js': await clientBundle(example('js')),
      'frontend/index.html': `<!doctype html><html lang="en"><head><meta charset="utf-8">${example('html')}<title>Notes</title>
<script type="module" src="app.js"></script></head><body><main><h1>Notes</h1></main></body></html>`,
    },
    manifest: { name: 'Notes', access: 'user', ...JSON.parse(example('json')) },
  }
}
