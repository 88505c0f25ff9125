// console: formats like Node and writes lines to the plugin's log.
// Invariant: one host call per line, at most MAX_TEXT characters; no method throws.
import type { LogLevel } from '../base/host.ts'
import { realm } from '../base/realm.ts'
import { currentRequest } from '../base/request-context.ts'
import { clip, inspect, MAX_TEXT } from './inspect.ts'

const MAX_GROUPS = 32
const MAX_LABELS = 1000

/** The arguments of a console method as one text. */
export function format(args: readonly unknown[]): string {
  let text = ''
  let next = 0
  if (typeof args[0] === 'string') {
    next = 1
    text = args[0].length > MAX_TEXT ? clip(args[0], MAX_TEXT) : args[0]
    if (args.length > 1 && text.includes('%')) {
      text = text.replace(/%[sdifjoOc%]/g, (directive) => {
        if (directive === '%%') return '%'
        if (next >= args.length) return directive
        return substitute(directive, args[next++])
      })
    }
  }
  for (; next < args.length && text.length < MAX_TEXT; next++) {
    if (next > 0) text += ' '
    const value = args[next]
    text += typeof value === 'string' ? clip(value, MAX_TEXT) : inspect(value)
  }
  return clip(text, MAX_TEXT)
}

function substitute(directive: string, value: unknown): string {
  switch (directive) {
    case '%s':
      if (typeof value === 'string') return clip(value, MAX_TEXT)
      return typeof value === 'object' || typeof value === 'function' ? inspect(value, 0) : inspect(value)
    case '%d':
      return typeof value === 'bigint'
        ? inspect(value)
        : typeof value === 'object'
          ? 'NaN'
          : toNumber(value, Number)
    case '%i':
      return typeof value === 'bigint' ? inspect(value) : toNumber(value, Number.parseInt)
    case '%f':
      return toNumber(value, Number.parseFloat)
    case '%j':
      return toJson(value)
    case '%o':
      return inspect(value, 4)
    case '%O':
      return inspect(value)
    default:
      return '' // %c: styles have no meaning in a log
  }
}

function toNumber(value: unknown, convert: (value: never) => number): string {
  return typeof value === 'symbol' || typeof value === 'object' || typeof value === 'function'
    ? 'NaN'
    : `${convert(value as never)}`
}

function toJson(value: unknown): string {
  try {
    return clip(JSON.stringify(value) ?? 'undefined', MAX_TEXT)
  } catch {
    return '[Circular]' // Also a toJSON() that throws: the log has no better text for it
  }
}

/** Writes values to the log as console methods do. Never throws. */
export function logValues(level: LogLevel, values: readonly unknown[]): void {
  realm.host.log(level, safeFormat(values), currentRequest()?.id)
}

/** Writes to the log of the plugin, as `env.log` does. Its methods work without `this`. */
export function createConsole(): object {
  const counts = new Map<string, number>()
  const timers = new Map<string, number>()
  let indent = ''

  function line(level: LogLevel, text: string): void {
    const shifted = indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`)
    realm.host.log(level, clip(shifted, MAX_TEXT), currentRequest()?.id)
  }

  function write(level: LogLevel, args: readonly unknown[]): void {
    line(level, safeFormat(args))
  }

  function label(value: unknown): string {
    return value === undefined ? 'default' : typeof value === 'string' ? clip(value, 200) : inspect(value, 0)
  }

  function elapsed(name: string): string {
    const ms = realm.host.now() - (timers.get(name) ?? 0)
    return ms < 1000 ? `${ms.toFixed(1)}ms` : `${(ms / 1000).toFixed(3)}s`
  }

  const methods = {
    debug: (...args: unknown[]) => write('debug', args),
    log: (...args: unknown[]) => write('info', args),
    info: (...args: unknown[]) => write('info', args),
    warn: (...args: unknown[]) => write('warn', args),
    error: (...args: unknown[]) => write('error', args),
    trace: (...args: unknown[]) => {
      const stack = new Error().stack?.split('\n').slice(2).join('\n') ?? ''
      write('debug', [`Trace: ${safeFormat(args)}\n${stack}`])
    },
    dir: (value?: unknown) => line('info', inspect(value)),
    dirxml: (...args: unknown[]) => write('info', args),
    table: (value?: unknown) => line('info', inspect(value)),
    assert: (condition?: unknown, ...args: unknown[]) => {
      if (condition) return
      const [first, ...rest] = args
      if (args.length === 0) line('error', 'Assertion failed')
      else if (typeof first === 'string') write('error', [`Assertion failed: ${first}`, ...rest])
      else write('error', ['Assertion failed:', ...args])
    },
    count: (name?: unknown) => {
      const key = label(name)
      if (counts.size >= MAX_LABELS && !counts.has(key)) return
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      line('info', `${key}: ${count}`)
    },
    countReset: (name?: unknown) => {
      if (!counts.delete(label(name))) line('warn', `Count for '${label(name)}' does not exist`)
    },
    time: (name?: unknown) => {
      const key = label(name)
      if (timers.has(key)) line('warn', `Label '${key}' already exists for console.time()`)
      else if (timers.size < MAX_LABELS) timers.set(key, realm.host.now())
    },
    timeLog: (name?: unknown, ...args: unknown[]) => {
      const key = label(name)
      if (!timers.has(key)) line('warn', `No such label '${key}' for console.timeLog()`)
      else write('info', [`${key}: ${elapsed(key)}`, ...args])
    },
    timeEnd: (name?: unknown) => {
      const key = label(name)
      if (!timers.has(key)) line('warn', `No such label '${key}' for console.timeEnd()`)
      else {
        line('info', `${key}: ${elapsed(key)}`)
        timers.delete(key)
      }
    },
    group: (...args: unknown[]) => {
      if (args.length > 0) write('info', args)
      if (indent.length < MAX_GROUPS) indent += '  '
    },
    groupCollapsed: (...args: unknown[]) => methods.group(...args),
    groupEnd: () => {
      indent = indent.slice(2)
    },
    clear: () => {
      indent = ''
    },
  }
  for (const [name, method] of Object.entries(methods)) {
    Object.defineProperty(method, 'name', { value: name, configurable: true })
  }
  Object.defineProperty(methods, Symbol.toStringTag, { value: 'console', configurable: true })
  return methods
}

function safeFormat(args: readonly unknown[]): string {
  try {
    return format(args)
  } catch {
    return '[arguments that cannot be read]' // A trap, getter or patched built-in of the plugin threw
  }
}
