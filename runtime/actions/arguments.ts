// The arguments of an action: the form that a user fills in, and the check of what comes back.
// Invariant: a plugin gets only arguments that its form declares, each valid, with defaults filled in.

import type { FormProperty, FormSchema } from '../../sdk/manifest/form-schema.ts'
import type { ActionArguments, ArgumentProblem } from '../../sdk/plugin-api/actions.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { createFieldCheck, type FieldCheck } from '../settings/setting-check.ts'

export type CheckedArguments =
  | { readonly ok: true; readonly args: ActionArguments }
  | { readonly ok: false; readonly problems: readonly ArgumentProblem[] }

/** Whether the user may choose the object of that id. */
export type HasObject = (context: string, id: string) => Promise<boolean>

const NO_FORM: FormSchema = { type: 'object' }

/** Checks the arguments of the actions of one runtime. */
export class ArgumentChecks {
  readonly #checks = new WeakMap<FormSchema, FieldCheck>()

  async check(
    given: Readonly<Record<string, unknown>>,
    form: FormSchema = NO_FORM,
    hasObject: HasObject,
  ): Promise<CheckedArguments> {
    const properties = form.properties ?? {}
    const problems: ArgumentProblem[] = unknownFields(given, Object.keys(properties))
    const args: Record<string, unknown> = Object.create(null)
    for (const [key, property] of Object.entries(properties)) {
      const value = givenOr(given, key, property)
      if (value === undefined) {
        if (form.required?.includes(key) === true) problems.push({ field: key, message: 'A value is needed' })
        continue
      }
      const fault = await this.#faultOf(value, { property, form, hasObject })
      if (fault === undefined) args[key] = value
      else problems.push({ field: key, message: fault })
    }
    return problems.length > 0 ? { ok: false, problems } : { ok: true, args: { ...args } }
  }

  async #faultOf(
    value: unknown,
    {
      property,
      form,
      hasObject,
    }: { readonly property: FormProperty; readonly form: FormSchema; readonly hasObject: HasObject },
  ): Promise<string | undefined> {
    const check = this.#checks.get(form) ?? createFieldCheck()
    this.#checks.set(form, check)
    const wanted = check(value, property)
    if (wanted !== undefined) return `The value ${wanted}`
    const context = property['x-context']
    if (context === undefined) return undefined
    const ids = Array.isArray(value) ? value : [value]
    for (const id of ids)
      if (typeof id !== 'string' || !(await hasObject(context, id)))
        return 'There is no such object to choose'
    return undefined
  }
}

/** A field that was left empty has its default. */
function givenOr(given: Readonly<Record<string, unknown>>, key: string, property: FormProperty): unknown {
  const value = Object.hasOwn(given, key) ? given[key] : undefined
  return normalValue(value ?? property.default, property)
}

function unknownFields(given: object, known: readonly string[]): ArgumentProblem[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .slice(0, 20)
    .map((key) => {
      const field = key.slice(0, 64)
      const meant = didYouMean(field, known)
      return {
        field,
        message: `The action has no such argument${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      }
    })
}
