// Words the refusal of an import, and what the author can do instead.

import { quoted } from '../manifest/manifest-finding.ts'

export interface Refusal {
  readonly kind: 'refused'
  readonly message: string
  readonly hint: string
}

const CARRY = 'Bundle the package into the backend, or carry it in backend/node_modules'

/** What plugins use instead of a built-in module of Node. */
const INSTEAD_OF: Readonly<Record<string, string>> = {
  assert: 'Throw an Error where a condition does not hold',
  async_hooks: 'Pass the context as an argument',
  buffer: 'Use Uint8Array, TextEncoder and TextDecoder',
  child_process: 'Plugins start no processes',
  cluster: 'Plugins start no processes',
  console: 'Use the global console',
  crypto: 'Use the global crypto',
  dns: 'Plugins reach the network by fetch only',
  events: 'Use the global EventTarget',
  fs: 'Use env.kv to keep data',
  http: 'Export a fetch handler to serve, and use the global fetch to ask',
  http2: 'Export a fetch handler to serve, and use the global fetch to ask',
  https: 'Use the global fetch',
  module: 'Import files of the package by name',
  net: 'Plugins reach the network by fetch only',
  os: 'Plugins know nothing about the machine',
  path: 'Use string functions, or URL for addresses',
  perf_hooks: 'Use the global performance',
  process: 'Use env.settings in place of environment variables',
  punycode: 'Use URL, which encodes host names',
  querystring: 'Use URLSearchParams',
  sqlite: 'Use env.db',
  stream: 'Use ReadableStream, WritableStream and TransformStream',
  string_decoder: 'Use TextDecoder',
  timers: 'Use the global setTimeout and setInterval',
  url: 'Use the globals URL and URLSearchParams',
  util: 'Use TextEncoder, TextDecoder and structuredClone',
  v8: 'Use structuredClone to copy values',
  vm: 'Plugins run in one sandbox of their own',
  worker_threads: 'Plugins start no threads',
  zlib: 'Use CompressionStream and DecompressionStream',
}

/** `name` with or without "node:", with or without a path ("fs/promises"). */
export function refuseBuiltin(name: string): Refusal {
  const top = name.replace(/^node:/, '').split('/', 1)[0] ?? ''
  const hint = Object.hasOwn(INSTEAD_OF, top) ? INSTEAD_OF[top] : undefined
  return refuse(
    `${quoted(name)} is a built-in module of Node, which plugins do not have`,
    hint ?? 'Use the web standards that plugins have; see docs/guest-api.md',
  )
}

export function refuseScheme(specifier: string): Refusal {
  const [scheme = ''] = specifier.split(':', 1)
  if (scheme === 'npm' || scheme === 'jsr') return refuse(`${quoted(specifier)} is not in the package`, CARRY)
  if (scheme === 'data' || scheme === 'blob') {
    return refuse(
      `Code from a ${scheme}: address cannot be imported`,
      'Put the code into a file of the package',
    )
  }
  if (scheme === 'http' || scheme === 'https' || specifier.startsWith('//')) {
    return refuse(
      `Code from the network cannot be imported: ${quoted(specifier)}`,
      'Put the file into the package',
    )
  }
  return refuse(
    `${quoted(specifier)} is not a file of the package`,
    'Import a file of the package by its relative path',
  )
}

export function refuseAbsolute(specifier: string): Refusal {
  return refuse(
    `An absolute path cannot be imported: ${quoted(specifier)}`,
    'Import a file of the package by its relative path, such as "./file.js"',
  )
}

export function refuseLeaving(specifier: string): Refusal {
  return refuse(`The path ${quoted(specifier)} leaves the package`, 'Move the file into the package')
}

export function refuseMissingPackage(name: string, near: string | undefined): Refusal {
  if (name === 'plugbay' || name === '@plugbay/sdk') {
    return refuse(`The backend cannot import ${quoted(name)}`, 'Import "plugbay/sdk"')
  }
  return refuse(
    `The package ${quoted(name)} is not in the zip`,
    near === undefined ? CARRY : `Did you mean ${quoted(near)}?`,
  )
}

export function refuseNotCode(specifier: string): Refusal {
  if (specifier.endsWith('.wasm'))
    return refuse(
      `${quoted(specifier)} is WebAssembly, which plugins do not have`,
      'Use a build of the library in plain JavaScript',
    )
  if (specifier.endsWith('.node'))
    return refuse(
      `${quoted(specifier)} is a native module, which plugins cannot load`,
      'Use a library in plain JavaScript',
    )
  return refuse(
    `${quoted(specifier)} is not code`,
    'A backend imports .js, .mjs, .cjs, .jsx, .ts, .mts, .cts, .tsx and .json files',
  )
}

export function refuseComputed(): Refusal {
  return refuse(
    'The name of an imported file must be a plain string',
    'Name each file, for example { en: () => import("./en.js"), fr: () => import("./fr.js") }',
  )
}

export function refuseCrowded(): Refusal {
  return refuse(
    'One line of the file holds too many calls of import() or require() with a computed name',
    'Name each imported file by a plain string, or keep the line breaks of generated code',
  )
}

export function refuse(message: string, hint: string): Refusal {
  return { kind: 'refused', message, hint }
}
