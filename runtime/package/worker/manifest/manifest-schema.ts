// Validates the manifest against its schema: one finding per mistake that ajv reports, in our own words.
// Invariant: a value that matches none of several forms gives one finding, not one per form.

import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { type Manifest, manifestJsonSchema } from '../../../../sdk/manifest/manifest.ts'
import type { Finding, Path } from './manifest-finding.ts'
import { toFinding } from './schema-messages.ts'

const MAX_ERRORS = 2000
const SAID_BY_PATTERN = new Set(['minLength', 'format'])

export type SchemaOutcome =
  | { readonly ok: true; readonly manifest: Manifest }
  /** `sound` holds the fields without findings, so that they can be checked further. */
  | { readonly ok: false; readonly findings: readonly Finding[]; readonly sound: Partial<Manifest> }

/** Compiles the schema (about 60 ms); the returned check can be reused, and never throws. */
export function createSchemaCheck(): (value: unknown) => SchemaOutcome {
  const ajv = new Ajv2020({
    ...{ allErrors: true, strict: true, verbose: true, allowUnionTypes: true },
    // A process starts twice as fast without: a test checks the schema itself, and the code runs once a package.
    ...{ validateSchema: false, code: { optimize: false } },
  })
  ajv.addFormat('uri', (text) => URL.canParse(text))
  const validate: ValidateFunction<Manifest> = ajv.compile<Manifest>(manifestJsonSchema())
  return (value) => {
    if (validate(value)) return { ok: true, manifest: value }
    const errors = validate.errors ?? []
    const findings = withoutEchoes(errors.slice(0, MAX_ERRORS)).map((error) =>
      toFinding(error, fromPointer(error.instancePath, value)),
    )
    return { ok: false, findings, sound: errors.length > MAX_ERRORS ? {} : withoutFields(value, findings) }
  }
}

function withoutFields(value: unknown, findings: readonly Finding[]): Partial<Manifest> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const unsound = new Set(findings.map((finding) => finding.path[0]))
  // Entries of slots are relative to the root of the frontend.
  if (unsound.has('frontend')) unsound.add('contributes')
  return Object.fromEntries(Object.entries(value).filter(([field]) => !unsound.has(field)))
}

/** Merges the errors of a choice ("anyOf") into those of the form that was meant, or else into one for the choice. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf')
  let kept = errors.filter((error) => error.keyword !== 'anyOf' && error.keyword !== 'propertyNames')
  for (const choice of choices) {
    const inside = (error: ErrorObject) =>
      error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
      (error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`))
    const branchOf = (error: ErrorObject) =>
      error.schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0]
    const errorsInside = kept.filter(inside)
    const wrongKind = new Set(
      errorsInside
        .filter(
          (error) =>
            error.instancePath === choice.instancePath && ['type', 'enum', 'const'].includes(error.keyword),
        )
        .map(branchOf),
    )
    const meant = errorsInside.find((error) => !wrongKind.has(branchOf(error)))
    const branch = meant === undefined ? undefined : branchOf(meant)
    kept = kept.filter((error) => !inside(error) || (branch !== undefined && branchOf(error) === branch))
    if (branch === undefined) kept.push(choice)
  }
  const misformed = new Set(
    kept.filter((error) => error.keyword === 'pattern').map((error) => error.instancePath),
  )
  return kept.filter((error) => !(SAID_BY_PATTERN.has(error.keyword) && misformed.has(error.instancePath)))
}

/** Converts a JSON pointer to a path in `value`: numbers index lists. */
function fromPointer(pointer: string, value: unknown): Path {
  let current = value
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const list = Array.isArray(current)
      current = typeof current === 'object' && current !== null ? Reflect.get(current, step) : undefined
      return list ? Number(step) : step
    })
}
