// Errors of mounting and ejecting drives: part of the table in error-codes.ts.

import type { ErrorRow } from './error-row.ts'

export const DRIVE_ERRORS = {
  DRIVES_NOT_MANAGED: {
    status: 409,
    title: 'The server does not mount or eject drives',
    audience: 'operator',
    hint: 'Install udisks2, and set "volumes.udisks"',
  },
  DRIVE_UNKNOWN: {
    status: 404,
    title: 'There is no such drive',
    audience: 'operator',
    hint: '"plugbay volumes" lists the drives; a folder of "volumes.roots" is none',
  },
  DRIVE_NOT_MOUNTED: {
    status: 409,
    title: 'The drive is not mounted',
    audience: 'operator',
    hint: 'Mount it: plugbay volumes mount <id>',
  },
  DRIVE_BUSY: {
    status: 409,
    title: 'The drive is in use',
    audience: 'operator',
    hint: 'Wait until the plugin has finished, or disable it',
  },
  DRIVE_FAILED: {
    status: 502,
    title: 'The system could not do that with the drive',
    audience: 'operator',
    hint: 'The message is from udisksctl',
  },
} as const satisfies Record<string, ErrorRow>
