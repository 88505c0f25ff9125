// What the operator and the application bring: the file of values, and variables of the server.
// Invariant: it is read once, at the start; a mistake is reported with its place, and nothing starts.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { FORMS } from '../../sdk/manifest/names.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { VALUE_VARIABLE_PREFIX } from './value-names.ts'
import type { ParsedYaml } from './yaml.ts'

export interface OperatorValues {
  /** Of the application, by name. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Of variables of the server, by name. */
  readonly environment: ReadonlyMap<string, unknown>
}

const NAME = new RegExp(FORMS.valueKey.pattern)
const MAX_NAME = 200

/** Rejects with HOST_INVALID when the file cannot be used, and with VALUES_INVALID for a variable. */
export async function readOperatorValues(
  { templates }: Pick<HostDeclaration, 'templates'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorValues> {
  const variables = Object.entries(environment).flatMap(([name, text]) =>
    name.startsWith(VALUE_VARIABLE_PREFIX) && text !== undefined ? [{ name, text }] : [],
  )
  const path = templates?.values
  // Most servers have neither, and then no parser is loaded.
  if (path === undefined && variables.length === 0) return { defaults: {}, environment: new Map() }
  const { parseYaml } = await import('./yaml.ts')
  return {
    defaults: path === undefined ? {} : await readDefaults(resolve(path), parseYaml),
    environment: new Map(
      variables.map(({ name, text }) => {
        const key = name.slice(VALUE_VARIABLE_PREFIX.length)
        const parsed = parseYaml(text)
        // The text may be a secret.
        if (!parsed.ok)
          throw invalid('VALUES_INVALID', {
            message: `The variable ${name} is not valid YAML: ${parsed.message}`,
          })
        return [key, parsed.value]
      }),
    ),
  }
}

async function readDefaults(
  path: string,
  parseYaml: (text: string) => ParsedYaml,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid('HOST_INVALID', { message: `The file of values cannot be read: ${reason}` })
  })
  const parsed = parseYaml(text)
  if (!parsed.ok) {
    const { line, column } = parsed
    const place = line === undefined ? '' : ` in line ${line}, column ${column}`
    throw invalid('HOST_INVALID', {
      message: `"${path}" is not valid YAML${place}: ${parsed.message}`,
      file: path,
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    })
  }
  const { value } = parsed
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('HOST_INVALID', {
      message: `"${path}" holds no values by name`,
      hint: 'Write it like: REDIS_HOST: redis',
      file: path,
    })
  const odd = Object.keys(value).find((name) => !NAME.test(name) || name.length > MAX_NAME)
  if (odd !== undefined)
    throw invalid('HOST_INVALID', {
      message: `"${odd.slice(0, MAX_NAME)}" in "${path}" cannot be the name of a value`,
      hint: `It must be ${FORMS.valueKey.meaning}`,
      file: path,
    })
  return { ...value }
}

function invalid(code: 'HOST_INVALID' | 'VALUES_INVALID', problem: Omit<Problem, 'code'>): PlugbayError {
  return new PlugbayError(code, problem.message, { problems: [{ code, ...problem }] })
}
