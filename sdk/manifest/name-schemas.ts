// Schemas of names and paths in a manifest.

import { Type } from '../schema.ts'
import { FORMS } from './names.ts'

/** A string of one of FORMS. */
export function nameOf(form: keyof typeof FORMS, maxLength: number, description: string) {
  return Type.String({ pattern: FORMS[form].pattern, minLength: 1, maxLength, description })
}

/** The path of a file or folder, relative to the root of the package or to the folder that the description names. */
export function pathOf(description: string) {
  return nameOf('path', 255, description)
}

/** Permissions of a user of the server; all of them are required. */
export function userPermissions(description: string) {
  return Type.Array(nameOf('dottedName', 100, 'Name of a permission of the server, such as "events.view"'), {
    maxItems: 50,
    description,
  })
}
