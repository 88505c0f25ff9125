// The fields of an action's form, from the JSON Schema of its arguments. They are of the same kind as settings.

import type { Setting } from '../../../../../sdk/api/settings.ts'

export interface ArgumentField {
  readonly key: string
  readonly view: Setting
  /** Shown on demand only. */
  readonly isAdvanced: boolean
  /** Emptied after a run. */
  readonly isCleared: boolean
}

export function argumentFields(schema: unknown): readonly ArgumentField[] {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {}
  return Object.entries(properties).map(([key, property]) => {
    const field = isRecord(property) ? property : {}
    return {
      key,
      view: { value: field.default, source: 'default', variable: '', schema: property },
      isAdvanced: field['x-advanced'] === true,
      isCleared: field['x-clear-after'] === true,
    }
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
