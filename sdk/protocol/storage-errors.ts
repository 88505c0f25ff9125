// Rows of the table of error codes (error-codes.ts) about what plugins keep: granted folders, and files of their own.

import type { ErrorRow } from './error-row.ts'

export const STORAGE_ERRORS = {
  FOLDER_GONE: {
    status: 503,
    title: 'The folder is not there',
    audience: 'plugin',
    hint: 'Plug the drive in, or check the path, and try again',
  },
  FOLDER_UNRESPONSIVE: {
    status: 503,
    title: 'The folder does not respond',
    audience: 'plugin',
    hint: 'Check the drive: work on it is given up until it responds',
  },
  CONTENT_DIFFERS: {
    status: 400,
    title: 'The content does not have the digest that was given with it',
    audience: 'plugin',
    hint: 'Send it again: it was damaged on its way, or the digest is of something else; nothing was stored',
  },
} as const satisfies Record<string, ErrorRow>
