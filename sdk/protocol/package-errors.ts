// Rows of the table of error codes (error-codes.ts) about a package: its archive, its manifest and its code.

import type { ErrorRow } from './error-row.ts'

export const PACKAGE_ERRORS = {
  // The archive
  ARCHIVE_NOT_ZIP: {
    status: 422,
    title: 'The upload is not a zip archive',
    audience: 'author',
    hint: 'Zip the plugin folder with any zip tool, or with "plugbay pack <dir>"',
  },
  ARCHIVE_AMBIGUOUS: {
    status: 422,
    title: 'The archive can be read in more than one way',
    audience: 'author',
    hint: 'Make the archive again from the folder; do not edit, join or append to zip files',
  },
  ARCHIVE_UNSAFE_PATH: {
    status: 422,
    title: 'The archive has an entry with an unsafe name',
    audience: 'author',
    hint: 'Use relative names with forward slashes, without "..", control characters or reserved names',
  },
  ARCHIVE_UNSUPPORTED: {
    status: 422,
    title: 'The archive uses a zip feature that plugins may not use',
    audience: 'author',
    hint: 'Use plain files, stored or deflated: no encryption, symbolic links, splitting or other methods',
  },
  ARCHIVE_CORRUPT: {
    status: 422,
    title: 'The archive is damaged',
    audience: 'author',
    hint: 'Make the archive again and upload it once more',
  },
  ARCHIVE_TOO_LARGE: {
    status: 413,
    title: 'The archive is larger than this server allows',
    audience: 'author',
    hint: 'Leave out what the plugin does not need, or ask the operator to raise the limits',
  },
  // The manifest and the code
  MANIFEST_MISSING: {
    status: 422,
    title: 'The package has no manifest.json',
    audience: 'author',
    hint: 'Put manifest.json at the root of the zip, or in its single top folder',
  },
  MANIFEST_INVALID: {
    status: 422,
    title: 'The manifest is not valid',
    audience: 'author',
    hint: 'Correct the fields that the problems name; see docs/manifest.md',
  },
  ENTRY_MISSING: {
    status: 422,
    title: 'The manifest names a file that is not in the package',
    audience: 'author',
    hint: 'Add the file, or correct its name; names are case-sensitive',
  },
  BUNDLE_NOT_BUILT: {
    status: 422,
    title: 'A frontend bundle was not built',
    audience: 'author',
    hint: 'Build the frontend before the plugin is packed or uploaded; see docs/bundles.md',
  },
  SYNTAX_ERROR: {
    status: 422,
    title: 'A source file of the backend cannot be parsed',
    audience: 'author',
    hint: 'Correct the code at the place that the problem names',
  },
  IMPORT_REFUSED: {
    status: 422,
    title: 'The backend imports something that is not in the package',
    audience: 'author',
    hint: 'Bundle the dependency, or include it in backend/node_modules; plugins have no Node built-ins',
  },
  ENGINE_MISMATCH: {
    status: 422,
    title: 'The plugin requires another version of Plugbay',
    audience: 'author',
    hint: 'Change "engines.plugbay", or use a release of the plugin that supports this version',
  },
  SOURCE_MAP_TOO_LARGE: {
    status: 422,
    title: 'A source map of the backend is too large',
    audience: 'author',
    hint: 'Stacks show places in the built code instead; build with fewer or smaller sources to change that',
  },
  LICENSE_UNKNOWN: {
    status: 422,
    title: 'The license of a package in the package is not known',
    audience: 'author',
    hint: 'Find it out before you pass the plugin on; see docs/manifest.md, "What belongs to the package"',
  },
  DECLARATION_MISMATCH: {
    status: 422,
    title: 'The backend does not export what the manifest declares',
    audience: 'author',
    hint: 'Export the handlers that the manifest names, or remove them from it',
  },
  LOAD_FAILED: {
    status: 422,
    title: 'The backend failed to load',
    audience: 'author',
    hint: 'Read the plugin log: it holds the stack of the error',
  },
  UPGRADE_FAILED: {
    status: 422,
    title: 'An upgrade step of the plugin failed, and everything is as before',
    audience: 'author',
    hint: 'The plugin log has the error with its stack; correct the step and upload the release again',
  },
  LOCALE_INVALID: {
    status: 422,
    title: 'A catalog of messages cannot be used',
    audience: 'author',
    hint: 'Correct the place that the problem names; see docs/languages.md',
  },
  MIGRATION_MISPLACED: {
    status: 422,
    title: 'An SQL file of the package is not run',
    audience: 'author',
    hint: 'Move it to where migrations are; an administrator may let the release run as it is',
  },
  MIGRATION_FAILED: {
    status: 422,
    title: 'A database migration failed and was rolled back',
    audience: 'author',
    hint: 'Correct the file that the problem names; never change an applied migration, add a new one instead',
  },
} as const satisfies Record<string, ErrorRow>
