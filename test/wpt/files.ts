// Which files of a web-platform-tests checkout are run, and each as one classic script: what its META lines name, the
// resources it reads, testharness.js and the file itself.
// Invariant: the same script runs in the guest and in Node.

import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** A group is a row of the table. Longer prefixes first: a file counts where it matches first. */
export const GROUPS: readonly (readonly [group: string, prefixes: readonly string[]])[] = [
  ['url', ['url/']],
  ['urlpattern', ['urlpattern/']],
  ['encoding', ['encoding/']],
  ['fetch/api/headers', ['fetch/api/headers/']],
  ['fetch/api/request', ['fetch/api/request/']],
  ['fetch/api/response', ['fetch/api/response/']],
  ['fetch/api/body', ['fetch/api/body/']],
  ['fetch/api/abort', ['fetch/api/abort/']],
  ['xhr/formdata', ['xhr/formdata/']],
  ['FileAPI', ['FileAPI/blob/', 'FileAPI/file/']],
  ['streams', ['streams/']],
  ['compression', ['compression/']],
  ['dom/abort', ['dom/abort/']],
  ['dom/events', ['dom/events/']],
  ['structured-clone', ['html/webappapis/structured-clone/']],
  ['atob', ['html/webappapis/atob/']],
  ['timers, microtasks', ['html/webappapis/timers/', 'html/webappapis/microtask-queuing/']],
  ['WebCryptoAPI', ['WebCryptoAPI/']],
  ['hr-time', ['hr-time/']],
]

export interface TestFile {
  /** Path in the checkout. */
  readonly path: string
  readonly group: string
  /** It asks for more time. */
  readonly isLong: boolean
  /** Why it is not run. */
  readonly skip: string | undefined
}

const CLONE = 'html/webappapis/structured-clone/structured-clone'
/** Older checkouts hold the cases of structured cloning, but run them by postMessage() of windows only. */
const ADDED: Readonly<Record<string, string | undefined>> = {
  [`${CLONE}.any.js`]: `
// META: script=/${CLONE}-battery-of-tests.js
// META: script=/${CLONE}-battery-of-tests-harness.js
runStructuredCloneBatteryOfTests({
  structuredClone: (value, transfer) => new Promise((resolve) => resolve(structuredClone(value, { transfer }))),
  hasDocument: false,
})`,
}

/** What needs more than a global scope, by what its sources say. */
const NEEDS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /\.sub\.|get-host-info|\.py\b|RESOURCES_DIR|new WebSocket\(|\.asis\b|\.h2\b/,
    'needs the server of web-platform-tests',
  ],
  [/XMLHttpRequest|test_upload|formDataPostFileUploadTest/, 'needs XMLHttpRequest or a server'],
  [/idl_test\(|idlharness/, 'describes interfaces of all kinds of globals, by files of the browsers'],
  [/new (?:Shared)?Worker\(|serviceWorker|BroadcastChannel\(/, 'needs workers'],
  [/createObjectURL|createElement|document\.body|\biframe\b/, 'needs a document'],
]

/** Files that neither META lines nor their words tell apart, by path. */
export type Skips = Readonly<Record<string, string>>

export function findFiles(root: string, skips: Skips): TestFile[] {
  const files: TestFile[] = []
  for (const [group, prefixes] of GROUPS) {
    for (const prefix of prefixes) {
      const found = globSync('**/*.{any,worker}.js', { cwd: join(root, prefix) })
      const paths = found.map((name) => posix.join(prefix, name.replaceAll('\\', '/')))
      const added = Object.keys(ADDED).filter((path) => path.startsWith(prefix))
      for (const path of [...new Set([...paths, ...added])].sort()) {
        const isLong = /^\/\/ META: timeout=long/m.test(read(root, path) ?? '')
        files.push({ path, group, isLong, skip: skips[path] ?? reasonToSkip(root, path) })
      }
    }
  }
  return files
}

function reasonToSkip(root: string, path: string): string | undefined {
  const names = [path, ...scriptsOf(root, path)]
  const sources = names.map((name) => read(root, name))
  if (sources.includes(undefined)) return 'names a script that the checkout does not have'
  const text = `${names.join('\n')}\n${sources[0]}`
  return NEEDS.find(([pattern]) => pattern.test(text))?.[1]
}

/** The file as one script. `prelude` comes after the resources, `postlude` after everything. */
export function scriptOf(root: string, path: string, parts: { prelude: string; postlude: string }): string {
  const scripts = scriptsOf(root, path)
  const texts = [...scripts, path].map((file) => withoutImports(read(root, file) ?? ''))
  const setup = {
    path: `/${path}`,
    title: /META: title=(.*)/.exec(texts.at(-1) ?? '')?.[1] ?? path,
    resources: resourcesOf(root, path, texts),
  }
  return [
    `globalThis.WPT = ${JSON.stringify(setup)}`,
    parts.prelude,
    read(root, 'resources/testharness.js'),
    parts.postlude,
    ...texts,
    'globalThis.WPT.loaded()',
  ].join('\n;\n')
}

/** META scripts and importScripts(), in order, as paths in the checkout; testharness.js itself left out. */
function scriptsOf(root: string, path: string): string[] {
  const source = read(root, path) ?? ''
  const names = [...source.matchAll(/^\/\/ META: script=(\S+)/gm)].map((match) => match[1] ?? '')
  for (const [, list = ''] of source.matchAll(/^importScripts\(([^)]*)\)/gm)) {
    for (const [, name = ''] of list.matchAll(/["']([^"']+)["']/g)) names.push(name)
  }
  return names.map((name) => resolvePath(path, name)).filter((name) => name !== 'resources/testharness.js')
}

function withoutImports(source: string): string {
  return source.replace(/^importScripts\([^)]*\);?/gm, '').replace(/^done\(\);?\s*$/gm, '')
}

/** Text of the files that quoted strings in the sources name: what the tests fetch. */
function resourcesOf(root: string, path: string, texts: readonly string[]): Record<string, string> {
  const resources: Record<string, string> = {}
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/["'`]([\w./-]+\.(?:json|txt|idl|html))["'`]/g)) {
      const file = resolvePath(path, name)
      const content = read(root, file)
      if (content !== undefined) resources[`/${file}`] = content
    }
  }
  return resources
}

function resolvePath(from: string, name: string): string {
  return name.startsWith('/') ? name.slice(1) : posix.join(dirname(from), name)
}

function read(root: string, path: string): string | undefined {
  const full = join(root, path)
  return existsSync(full) && statSync(full).isFile() ? readFileSync(full, 'utf8') : ADDED[path]
}
