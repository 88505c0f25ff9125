// A small page as an author would write it, built by Vite, for tests.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { TestContext } from 'node:test'
import { build } from 'vite'
import { tempFolder } from '../../package/artifact-fixture.ts'

const SOURCES = {
  'index.html':
    '<!doctype html>\n<html>\n<head>\n<link rel="icon" href="/icon.svg">\n<title>wait</title>\n</head>\n<body>\n<div id="app"></div>\n<script type="module" src="/main.js"></script>\n</body>\n</html>\n',
  'public/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'public/sw.js': 'addEventListener("fetch", () => {})\n',
  'shared.js': 'export const shared = () => "shared"\n',
  'style.css': '#app { color: rgb(1, 2, 3); background: url("./dot.png") }\n',
  'lazy.css': '#app { border-top: 3px solid rgb(4, 5, 6) }\n',
  // More than Vite would put into the style sheet itself.
  'dot.png': '.'.repeat(5000),
  'lazy.js':
    "import './lazy.css'\nimport { shared } from './shared.js'\nexport const lazy = () => 'lazy ' + shared()\n",
  'main.js': `import './style.css'
import { shared } from './shared.js'
const attempt = async (name, run) => {
  try { return [name, await run()] } catch (error) { return [name, 'refused: ' + error.name] }
}
const results = await Promise.all([
  attempt('module', shared),
  attempt('lazy', async () => (await import('./lazy.js')).lazy()),
  attempt('color', () => getComputedStyle(document.getElementById('app')).color),
  attempt('api', async () => (await fetch('api/hello')).text()),
  attempt('storage', () => { localStorage.setItem('mine', 'kept'); return localStorage.getItem('admin') ?? localStorage.getItem('mine') }),
  attempt('cookie', () => document.cookie),
  attempt('admin', async () => (await fetch(globalThis.ADMIN ?? '/admin-data')).text()),
  attempt('worker', async () => { await navigator.serviceWorker.register('sw.js'); return 'registered' }),
  attempt('frame', () => new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.onload = () => { try { resolve(frame.contentDocument.body.textContent) } catch (error) { resolve('refused: ' + error.name) } }
    frame.src = '/admin-data'
    document.body.append(frame)
  })),
  attempt('origin', () => self.origin),
])
window.results = Object.fromEntries(results)
document.title = 'done'
`,
}

/** Builds the page; answers with the files of a package, frontend only. */
export async function buildVitePage(
  t: TestContext,
  options: { readonly base: '/' | './'; readonly manifest?: boolean },
): Promise<Readonly<Record<string, Uint8Array>>> {
  const folder = await tempFolder(t)
  for (const [path, text] of Object.entries(SOURCES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const manifest = options.manifest ?? false
  await build({
    root: folder,
    base: options.base,
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir: 'dist',
      manifest,
      target: 'esnext',
      ...(manifest && { rollupOptions: { input: join(folder, 'main.js') } }),
    },
  })
  const files: Record<string, Uint8Array> = {}
  for (const entry of await readdir(join(folder, 'dist'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile())
      files[`frontend/${relative(join(folder, 'dist'), path).split(sep).join('/')}`] = await readFile(path)
  }
  return files
}
