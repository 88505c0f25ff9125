// Schemas of names and paths in a manifest.

import { Type } from '../schema.ts'
import { FORMS } from './names.ts'

/** A string of one of the forms. */
export function nameOf(form: keyof typeof FORMS, maxLength: number, description: string) {
  return Type.String({ pattern: FORMS[form].pattern, minLength: 1, maxLength, description })
}

/** A path of a file or folder, counted from the root of the package or of the folder that the description names. */
export function pathOf(description: string) {
  return nameOf('path', 255, description)
}

/** All-of permissions of a user of the server. */
export function userPermissions(description: string) {
  return Type.Array(nameOf('dottedName', 100, 'Name of a permission of the server, such as "events.view"'), {
    maxItems: 50,
    description,
  })
}
