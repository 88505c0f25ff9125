// URLPattern: the host parses and serialises patterns (Node's own URLPattern); they are matched here.

import { define, exec, jsonParse, jsonStringify } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isObject, toDictionary, toUsv } from '../base/webidl.ts'
import {
  COMPONENTS,
  type Component,
  type Components,
  componentsOf,
  readInit,
  SPECIAL_SCHEMES,
} from './pattern-input.ts'
import { type CompiledPattern, compilePattern } from './pattern-parser.ts'

/**
 * Length of a whole pattern.
 * @limit `URLPattern`: characters of a pattern
 * @passed a `TypeError` is thrown
 */
const MAX_PATTERN = 16 * 1024

interface ParsedPattern {
  readonly error?: string
  readonly components: Components
  readonly hasRegExpGroups: boolean
}

interface ComponentResult {
  readonly input: string
  readonly groups: Readonly<Record<string, string | undefined>>
}

export class URLPattern {
  readonly #components: Components
  readonly #compiled: Readonly<Record<Component, CompiledPattern>>
  readonly #hasRegExpGroups: boolean

  constructor(input: unknown = {}, baseOrOptions?: unknown, maybeOptions?: unknown) {
    const isBase =
      arguments.length > 2 ||
      (baseOrOptions !== undefined && !isObject(baseOrOptions) && baseOrOptions !== null)
    const options = isBase ? maybeOptions : baseOrOptions
    const ignoreCase = Boolean(toDictionary(options, 'The options of URLPattern').ignoreCase)
    const pattern = isObject(input) ? readInit(input) : toUsv(input)
    const base = isBase ? toUsv(baseOrOptions) : undefined
    const request = jsonStringify({ __proto__: null, pattern, base, ignoreCase })
    if (request.length > MAX_PATTERN) throw new TypeError('The pattern is too long')
    const parsed = jsonParse(realm.host.parsePattern(request)) as ParsedPattern
    if (parsed.error !== undefined) throw new TypeError(parsed.error)
    this.#components = parsed.components
    this.#hasRegExpGroups = parsed.hasRegExpGroups
    this.#compiled = compileAll(parsed.components, ignoreCase)
  }

  get protocol(): string {
    return this.#components.protocol
  }
  get username(): string {
    return this.#components.username
  }
  get password(): string {
    return this.#components.password
  }
  get hostname(): string {
    return this.#components.hostname
  }
  get port(): string {
    return this.#components.port
  }
  get pathname(): string {
    return this.#components.pathname
  }
  get search(): string {
    return this.#components.search
  }
  get hash(): string {
    return this.#components.hash
  }
  get hasRegExpGroups(): boolean {
    return this.#hasRegExpGroups
  }

  test(input: unknown = {}, base?: unknown): boolean {
    return this.#match(input, base) !== undefined
  }

  exec(input: unknown = {}, base?: unknown): object | null {
    const groups = this.#match(input, base)
    if (groups === undefined) return null
    const copy = isObject(input) ? { ...readInit(input) } : toUsv(input)
    return { inputs: base === undefined ? [copy] : [copy, toUsv(base)], ...groups }
  }

  #match(input: unknown, base: unknown): Readonly<Record<Component, ComponentResult>> | undefined {
    const values = componentsOf(input, base)
    if (values === undefined) return undefined
    const result = {} as Record<Component, ComponentResult>
    for (let i = 0; i < COMPONENTS.length; i++) {
      const name = COMPONENTS[i] as Component
      const { regexp, names } = this.#compiled[name]
      const match = exec(regexp, values[name])
      if (match === null) return undefined
      const groups: Record<string, string | undefined> = {}
      for (let group = 0; group < names.length; group++) {
        define(groups, names[group] as string, match[group + 1], true)
      }
      result[name] = { input: values[name], groups }
    }
    return result
  }
}
defineInterface(URLPattern, 'URLPattern', 0)

const PLAIN = { delimiter: '', prefix: '', ignoreCase: false }

function compileAll(
  components: Components,
  ignoreCase: boolean,
): Readonly<Record<Component, CompiledPattern>> {
  const protocol = compilePattern(components.protocol, PLAIN)
  const path = matchesSpecial(protocol.regexp)
    ? { delimiter: '/', prefix: '/', ignoreCase }
    : { ...PLAIN, ignoreCase }
  return {
    protocol,
    username: compilePattern(components.username, PLAIN),
    password: compilePattern(components.password, PLAIN),
    hostname: compilePattern(components.hostname, { ...PLAIN, delimiter: '.' }),
    port: compilePattern(components.port, PLAIN),
    pathname: compilePattern(components.pathname, path),
    search: compilePattern(components.search, { ...PLAIN, ignoreCase }),
    hash: compilePattern(components.hash, { ...PLAIN, ignoreCase }),
  }
}

function matchesSpecial(protocol: RegExp): boolean {
  for (let i = 0; i < SPECIAL_SCHEMES.length; i++) {
    if (exec(protocol, SPECIAL_SCHEMES[i] as string) !== null) return true
  }
  return false
}
