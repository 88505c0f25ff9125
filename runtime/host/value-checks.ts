// Checks values against the schemas of extension points, on their way to plugins and back.
// Invariant: what a plugin has sent cannot make a check take longer than its limit, whatever the schema does with it.

import type { ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonSchema } from '../../sdk/host/json-schema.ts'
import { schemaFault } from '../../sdk/text/schema-fault.ts'
import { createTimeLimit } from './time-limit.ts'

/** What is wrong with a value, as the end of a sentence; undefined when nothing is. */
export type ValueCheck = (value: unknown) => string | undefined

/** Of one value. A check takes microseconds, unless a pattern backtracks. */
const MAX_MS = 100
/** Keywords whose cost can grow faster than the value. */
const SLOW_KEYWORDS =
  /"(?:pattern|patternProperties|propertyNames|uniqueItems|format|\$ref|\$dynamicRef|contains)"/

export class ValueChecks {
  readonly #checks = new Map<JsonSchema, ValueCheck>()
  readonly #limit = createTimeLimit()

  /** The check of a schema that has been checked itself. The validator is loaded by the first. */
  async of(schema: JsonSchema): Promise<ValueCheck> {
    const known = this.#checks.get(schema)
    if (known !== undefined) return known
    const { openAjv } = await import('./open-ajv.ts')
    const validate = openAjv().compile(schema)
    const isSlow = SLOW_KEYWORDS.test(JSON.stringify(schema))
    const check: ValueCheck = isSlow
      ? (value) => {
          const checked = this.#limit(() => faultOf(validate, value), MAX_MS)
          return checked === undefined ? `takes longer than ${MAX_MS} ms to check` : checked.value
        }
      : (value) => faultOf(validate, value)
    this.#checks.set(schema, check)
    return check
  }
}

function faultOf(validate: ValidateFunction, value: unknown): string | undefined {
  if (validate(value)) return undefined
  const [error] = validate.errors ?? []
  if (error === undefined) return 'is not valid'
  const { instancePath } = error
  return `${schemaFault(error)}${instancePath === '' ? '' : ` at "${instancePath.slice(0, 200)}"`}`
}
