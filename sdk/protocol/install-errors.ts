// Rows of error-codes.ts about installed plugins, their settings and their data, and about the store that holds them.

import type { ErrorRow } from './error-row.ts'

export const INSTALL_ERRORS = {
  VERSION_EXISTS: {
    status: 409,
    title: 'This version is already installed with other content',
    audience: 'author',
    hint: 'Give the new content a new version',
  },
  DOWNGRADE: {
    status: 409,
    title: 'A newer version is installed',
    audience: 'operator',
    hint: 'Use rollback, or upload with ?downgrade=true',
  },
  REPLACE_CONFLICT: {
    status: 409,
    title: 'Two plugins ask to replace the same one',
    audience: 'operator',
    hint: 'Let one of them take the place, and uninstall the others',
  },
  STATE_CONFLICT: {
    status: 409,
    title: 'The plugin is not in a state that allows this',
    audience: 'operator',
    hint: 'Check the state and the problem of the plugin first',
  },
  PLUGIN_UNKNOWN: {
    status: 404,
    title: 'There is no such plugin',
    audience: 'operator',
    hint: 'List the installed plugins with "plugbay list"',
  },
  SNAPSHOT_INVALID: {
    status: 422,
    title: 'The data snapshot cannot be used',
    audience: 'operator',
    hint: 'Use a snapshot made by "plugbay export"; nothing was changed',
  },
  GRANT_TOO_WIDE: {
    status: 422,
    title: 'A grant is wider than what the manifest asks for',
    audience: 'operator',
    hint: 'Grant what the plugin asks for, or less',
  },
  SETTINGS_INVALID: {
    status: 422,
    title: 'A setting is not valid',
    audience: 'operator',
    hint: 'Correct the values that the problems name',
  },
  SETTINGS_FILE_INVALID: {
    status: 422,
    title: 'The file settings.toml cannot be used as it is',
    audience: 'operator',
    hint: 'Correct the place that the problem names; the file is read again at once',
  },
  SETTINGS_CONFLICT: {
    status: 409,
    title: 'Several plugins want the same setting',
    audience: 'operator',
    hint: 'Decide which of them counts: set a value, change the order, or disable one',
  },
  SECRETS_KEY_UNUSABLE: {
    status: 503,
    title: 'The key of the secrets cannot be used',
    audience: 'operator',
    hint: 'Restore the key file and restart; or run "plugbay secrets rotate --accept-loss" and set the secrets again',
  },
  STORE_LOCKED: {
    status: 503,
    title: 'Another Plugbay runtime uses this data folder',
    audience: 'operator',
    hint: 'Stop the other runtime, or start this one with another data folder',
  },
  STORE_NEWER: {
    status: 503,
    title: 'A newer version of Plugbay wrote this data folder',
    audience: 'operator',
    hint: 'Start that version again; or start this one on an empty data folder, and restore a backup from before the upgrade (docs/deploy.md)',
  },
  STORE_FULL: {
    status: 507,
    title: 'The server has no space left',
    audience: 'operator',
    hint: 'Free disk space and try again; nothing was changed',
  },
  STORE_READ_ONLY: {
    status: 507,
    title: 'The data folder is not writable',
    audience: 'operator',
    hint: 'Give the user of the server write access and try again; nothing was changed',
  },
} as const satisfies Record<string, ErrorRow>
