// The validator for the schemas of a host. Loaded by its first use: a start of the standalone server must not wait for it.

import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Strict: a keyword that is misspelt is an error, not a rule that never applies. */
export function openAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    addUsedSchema: false,
  })
  // ajv-formats is a CommonJS module; in Node its default export is a property of the import.
  addFormats.default(ajv)
  return ajv
}
