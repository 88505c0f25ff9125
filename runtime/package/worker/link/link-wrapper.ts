// The code around the linked modules, and our own virtual modules.
// Invariant: the text before the modules is esbuild's banner, so the source map counts its line.

/** esbuild namespaces of the files of the package, and of our own modules. */
export const FILES = 'plugin'
export const OWN = 'plugbay'

/** Specifier by which our entry module imports the backend. */
export const BACKEND = 'backend'
export const ENTRY = 'entry'
export const SDK = 'sdk'
export const EMPTY = 'empty'

/** What stands in the place of "import" and "require" where their argument is computed: see computed-imports.ts. */
export const IMPORT = 'IMPORT'
export const REQUIRE = 'REQUIRE'

/** The code of our entry module. */
export const ENTRY_CODE = `import * as plugin from "${BACKEND}"\n__plugbay_register(plugin)\n`

/** Our own modules that a backend may import. They import nothing. */
export const OWN_MODULES: Readonly<Record<string, string>> = {
  [SDK]: 'export function definePlugin(plugin) { return plugin }\n',
  [EMPTY]: '',
}

/**
 * A classic script: it passes an async function to the host's `__plugbay_load`; that function runs the modules (top-level await
 * included) and passes the backend's namespace to its callback.
 * What esbuild could not link (a computed name, an optional package in try/catch) ends in `require`, which throws.
 */
export const BANNER = [
  '(__plugbay_load)(async (__plugbay_register) => { "use strict";',
  'const __plugbay_meta = { __proto__: null, url: "plugin:///backend.js" };',
  'const require = (name) => { throw new TypeError("Cannot import \\"" + String(name) + "\\": a backend imports files of its package, named by a plain string") };',
  'require.resolve = require;',
  'const __plugbay_import = async (name) => require(await name);',
  'const __plugbay_require = require;',
].join(' ')
export const FOOTER = '})'

/** Replacements for globals that modules and packages expect and a classic script does not have. */
export const DEFINITIONS: Readonly<Record<string, string>> = {
  'import.meta': '__plugbay_meta',
  'process.env.NODE_ENV': '"production"',
  global: 'globalThis',
  [IMPORT]: '__plugbay_import',
  [REQUIRE]: '__plugbay_require',
  'module.require': '__plugbay_require',
}

/**
 * The URL of a source in the source map: "plugin:///backend/index.ts" for files of the package. Names from a map of the
 * author's bundler ("../src/index.ts", "webpack://shop/./src/index.ts") become a path that cannot lead upwards.
 */
export function sourceAddress(source: string): string {
  for (const namespace of [FILES, OWN]) {
    if (source.startsWith(`${namespace}:`)) return `${namespace}:///${source.slice(namespace.length + 1)}`
  }
  return `${FILES}:///${sourcePath(source)}`
}

/** A name of a source as a path that leads neither upwards nor to another scheme. */
export function sourcePath(source: string): string {
  const path = source
    .replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
    .replace(/[\p{Cc}\u2028\u2029]|[?#].*$/gu, '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .join('/')
  return path === '' ? 'unknown' : path
}
