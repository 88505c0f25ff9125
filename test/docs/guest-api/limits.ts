// Limits of a plugin: those of the configuration with their defaults, and constants of the code that say so by "@limit".
// "@limit <where>: <what>" and "@passed <what happens then>", in the JSDoc of the constant, or of the member of GuestLimits.

import { globSync } from 'node:fs'
import type { Expression } from 'oxc-parser'
import { CONFIG_KEYS, type ConfigKey, configKeys, defaultOf } from '../../../runtime/config/config-keys.ts'
import { declarationOf, docBefore, ROOT, readSource, tagsOf } from './source.ts'

export interface ConfiguredLimit {
  readonly key: ConfigKey
  readonly what: string
  readonly value: string
  readonly passed: string
}

export interface FixedLimit {
  readonly where: string
  readonly what: string
  readonly value: string
  readonly passed: string
}

const CONFIG = 'runtime/config/config.ts'
const IN_BYTES = ', in bytes'
const SOURCES = ['runtime/{data,egress,files,host-calls,isolate,sandbox}/**/*.ts', 'sdk/protocol/*.ts']

/** Every key of "limits", in the order of the configuration. Throws for one that does not say what happens. */
export function configuredLimits(): readonly ConfiguredLimit[] {
  const passed = passedByMember()
  return configKeys()
    .filter((key) => key.startsWith('limits.'))
    .map((key) => {
      const told = passed.get(key.slice('limits.'.length))
      if (told === undefined)
        throw new Error(`${CONFIG}: say by "@passed" what happens when "${key}" is passed`)
      return { key, what: CONFIG_KEYS[key].meaning, value: amount(key, Number(defaultOf(key))), passed: told }
    })
}

/** By where they hold, then in the order of the sources. */
export function fixedLimits(): readonly FixedLimit[] {
  const files = globSync(SOURCES, { cwd: ROOT }).toSorted()
  const found = files.flatMap((path) => {
    const file = readSource(path.replaceAll('\\', '/'))
    if (!file.text.includes('@limit')) return []
    return file.program.body.flatMap((statement) => {
      const doc = docBefore(file, statement.start)
      const [limit] = tagsOf(doc, 'limit')
      const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
      if (limit === undefined || inner?.type !== 'VariableDeclaration') return []
      const [declarator] = inner.declarations
      if (declarator?.id.type !== 'Identifier' || declarator.init === null) return []
      const [, where = '', what = ''] = /^(.+?): (.+)$/.exec(limit) ?? []
      if (what === '') throw new Error(`${path}: "@limit ${limit}" is not "<where>: <what>"`)
      // Most names end with the unit; the others need it spelled out.
      const name = what.endsWith(IN_BYTES) ? 'bytes' : declarator.id.name
      const value = amount(name, figureOf(declarator.init))
      return [{ where, what: what.replace(IN_BYTES, ''), value, passed: tagsOf(doc, 'passed').join(' ') }]
    })
  })
  return found.toSorted((a, b) => (a.where < b.where ? -1 : a.where > b.where ? 1 : 0))
}

function passedByMember(): ReadonlyMap<string, string> {
  const file = readSource(CONFIG)
  const declared = declarationOf(file, 'GuestLimits')
  if (declared?.node.type !== 'TSInterfaceDeclaration') throw new Error(`${CONFIG}: there is no GuestLimits`)
  return new Map(
    declared.node.body.body.flatMap((member) => {
      const [passed] = tagsOf(docBefore(file, member.start), 'passed')
      if (passed === undefined || member.type !== 'TSPropertySignature') return []
      return member.key.type === 'Identifier' ? [[member.key.name, passed] as const] : []
    }),
  )
}

function figureOf(node: Expression): number {
  if (node.type === 'Literal' && typeof node.value === 'number') return node.value
  if (node.type === 'BinaryExpression' && node.operator === '*')
    return figureOf(node.left) * figureOf(node.right)
  throw new Error('A limit is a number, or a product of numbers')
}

/** With the unit that the name of the figure ends in. */
function amount(name: string, value: number): string {
  const plain = value.toLocaleString('en-US')
  if (/(?:Ms|_MS)$/.test(name)) return `${plain} ms`
  if (/Mb$/.test(name)) return `${plain} MB`
  if (/Percent$/.test(name)) return `${plain} %`
  if (!/bytes$/i.test(name)) return plain
  if (value % 1_000_000 === 0) return `${(value / 1_000_000).toLocaleString('en-US')} MB`
  if (value % 1_048_576 === 0) return `${value / 1_048_576} MiB`
  return value % 1024 === 0 && value > 1024 ? `${value / 1024} KiB` : `${plain} bytes`
}
