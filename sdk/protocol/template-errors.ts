// Rows of the table of error codes (error-codes.ts) about templates and patches.

import type { ErrorRow } from './error-row.ts'

export const TEMPLATE_ERRORS = {
  TEMPLATES_INVALID: {
    status: 422,
    title: 'A template or a patch cannot be rendered',
    audience: 'operator',
    hint: 'Correct what the problems name, or disable the plugin; until then the rendered files are as they were',
  },
  TEMPLATES_NOT_WRITTEN: {
    status: 507,
    title: 'The rendered files cannot be written',
    audience: 'operator',
    hint: 'Check the rights and the space of the folder "templates.output"; the files are as they were',
  },
} as const satisfies Record<string, ErrorRow>
