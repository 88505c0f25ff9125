// Decides what an upload means for an installation: pure functions, separate from the steps that execute the decision.

import { gt, valid } from 'semver'
import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { difference, isNothing, narrowTo } from '../../permissions/grants.ts'
import type { UploadOptions } from '../plugins.ts'
import { newestVersion } from '../releases.ts'

/** Throws VERSION_EXISTS or DOWNGRADE. True when exactly this content is already installed. */
export function isUnchanged(
  upload: { readonly version: string; readonly sha256: string },
  installed: { readonly current: InstallationRecord; readonly releases: readonly ReleaseRecord[] },
  options: Pick<UploadOptions, 'downgrade'>,
): boolean {
  const { current, releases } = installed
  const same = releases.find(({ version }) => version === upload.version)
  if (same !== undefined && same.sha256 !== upload.sha256) {
    throw new PlugbayError('VERSION_EXISTS', `Version "${upload.version}" is installed with other content`)
  }
  const newest = newestVersion(current)
  if (same !== undefined && newest === upload.version) return true
  if (newest !== null && isLower(upload.version, newest) && options.downgrade !== true) {
    throw new PlugbayError(
      'DOWNGRADE',
      `Version "${upload.version}" is lower than "${newest}", which is installed`,
    )
  }
  return false
}

/** Build metadata (semver, 10) makes each content a version of its own, with the precedence of the author's version. */
export function devVersion(version: string, sha256: string): string {
  return `${version}${version.includes('+') ? '.' : '+'}dev.${sha256.slice(0, 8)}`
}

/** The error for an update that is another plugin's package. */
export function otherPlugin(expected: string, found: string): PlugbayError {
  const message = `The package is of plugin "${found}", not of "${expected}"`
  return new PlugbayError('STATE_CONFLICT', message, {
    problems: [{ code: 'STATE_CONFLICT', message, file: 'manifest.json', pointer: '/id' }],
  })
}

/** The installation after the release is added. */
export function changeFor(
  release: { readonly version: string; readonly asked: Permissions },
  current: InstallationRecord | undefined,
  options: UploadOptions,
): InstallationChange {
  const { version, asked } = release
  if (current === undefined) {
    const enabled = options.enable ?? true
    if (options.grant === 'none' && !isNothing(asked)) {
      return { enabled, activeVersion: null, candidateVersion: version, grants: {}, reviewed: {} }
    }
    return { enabled, activeVersion: version, candidateVersion: null, grants: asked, reviewed: asked }
  }
  const enabled = options.enable ?? current.enabled
  if (options.grant === 'all')
    return { enabled, activeVersion: version, candidateVersion: null, grants: asked, reviewed: asked }
  if (!isNothing(difference(asked, current.reviewed))) return { enabled, candidateVersion: version }
  return { enabled, activeVersion: version, candidateVersion: null, grants: narrowTo(current.grants, asked) }
}

function isLower(version: string, than: string): boolean {
  return valid(version) !== null && valid(than) !== null && gt(than, version)
}
