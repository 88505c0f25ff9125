// The templates of the application, the values that they are rendered with, and the folder that they are rendered into.

import { FORMS } from '../manifest/names.ts'
import { type DeepReadonly, type Static, Type } from '../schema.ts'
import { STRICT } from './point.ts'

const path = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description }))

export const hostTemplates = Type.Object(
  {
    folder: path('Folder of the templates of the application'),
    values: path('Path of a YAML file with the values of the application, by name'),
    output: path('Folder that the templates of the application and of plugins are rendered into'),
    secrets: Type.Optional(
      Type.Array(Type.String({ pattern: FORMS.valueKey.pattern, maxLength: 200 }), {
        maxItems: 1000,
        uniqueItems: true,
        description: 'Names of values that are secrets',
      }),
    ),
  },
  { ...STRICT, description: 'Templates of the application, and their values' },
)

/**
 * Checks a rendered file of the application. Returns what is wrong with it, or nothing. One that throws has found a mistake, too.
 */
export type FileCheck = (text: string) => string | undefined | Promise<string | undefined>

export interface HostTemplates extends DeepReadonly<Static<typeof hostTemplates>> {
  /** By path below `output`. */
  readonly checks?: Readonly<Record<string, FileCheck>>
}
