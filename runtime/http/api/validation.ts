// Validates a request against the schemas of its route, and reports all problems at once.
// Invariant: a handler sees validated values only; text of the URL is converted to numbers and booleans, a body never is.

import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { schemaFault } from '../../../sdk/text/schema-fault.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import type { Route } from './route.ts'

export interface RouteValidator {
  /** @throws PlugbayError NOT_FOUND: a URL that cannot exist */
  params(values: Readonly<Record<string, string>>): unknown
  /** @throws PlugbayError BAD_REQUEST with problems */
  query(values: URLSearchParams): unknown
  /** @throws PlugbayError BAD_REQUEST with problems */
  body(value: unknown): unknown
}

// One for all servers of a process.
const fromText = openAjv({ coerceTypes: true })
const fromJson = openAjv({})

/**
 * Each schema is compiled when it is needed first, and once: all of them would hold up every request of the server, those of plugins
 * too, for a fifth of a second and more.
 */
export function routeValidator(route: Route): RouteValidator {
  return {
    params(values) {
      const copy = { ...values }
      if (!fromText.compile(route.params)(copy)) throw new PlugbayError('NOT_FOUND')
      return copy
    },
    query: (values) => checked(fromText.compile(route.query), queryObject(values), 'query'),
    body(value) {
      if (route.body !== undefined)
        return checked(fromJson.compile(route.body), value ?? (route.bodyOptional ? {} : value), 'body')
      if (value === undefined || value === null || isEmptyObject(value)) return undefined
      throw badRequest([{ code: 'BAD_REQUEST', message: 'There is nothing that the body could say here' }])
    },
  }
}

function openAjv(options: Options): Ajv2020 {
  const ajv = new Ajv2020({
    ...{ ...options, allErrors: true },
    // A test checks the schemas themselves, and what is optimized takes longer to make than it saves.
    ...{ validateSchema: false, code: { optimize: false } },
  })
  // ajv-formats is a CommonJS module; in Node its default export is a property of the import.
  addFormats.default(ajv)
  return ajv
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}

function queryObject(values: URLSearchParams): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [key, value] of values) {
    if (key in found) throw badRequest([{ code: 'BAD_REQUEST', message: `The query names "${key}" twice` }])
    found[key] = value
  }
  return { ...found }
}

function checked(validate: ValidateFunction, value: unknown, where: 'query' | 'body'): unknown {
  if (value === undefined) throw badRequest([{ code: 'BAD_REQUEST', message: 'The body is missing' }])
  if (validate(value)) return value
  throw badRequest((validate.errors ?? []).map((error) => toProblem(error, where)))
}

function badRequest(problems: readonly Problem[]): PlugbayError {
  return new PlugbayError('BAD_REQUEST', problems[0]?.message, { problems })
}

function toProblem(error: ErrorObject, where: 'query' | 'body'): Problem {
  const name = error.instancePath === '' ? `The ${where}` : `"${error.instancePath.slice(1)}" of the ${where}`
  const pointer = where === 'body' ? { pointer: error.instancePath } : {}
  return { code: 'BAD_REQUEST', message: `${name} ${schemaFault(error)}`, ...pointer }
}
