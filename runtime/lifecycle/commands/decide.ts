// Decides what an upload means for an installation: pure functions, separate from the steps that execute the decision.

import { gt, valid } from 'semver'
import type { InstallationRecord, ReleaseRecord, RemovedRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import type { Access } from '../../../sdk/api/access.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { isAtMostAsWide, keptAccess } from '../../permissions/access.ts'
import { difference, isNothing, narrowTo, union } from '../../permissions/grants.ts'
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
  if (newest !== null && isLower(upload.version, newest) && options.downgrade !== true)
    throw downgrade(upload.version, `"${newest}", which is installed`)
  return false
}

/** Throws DOWNGRADE for a plugin that returns to data of a higher version. */
export function refuseOlderThanData(
  version: string,
  removed: Pick<InstallationRecord, 'dataVersion'>,
  options: Pick<UploadOptions, 'downgrade'>,
): void {
  const { dataVersion } = removed
  if (dataVersion !== null && isLower(version, dataVersion) && options.downgrade !== true)
    throw downgrade(version, `"${dataVersion}", whose data is stored`)
}

function downgrade(version: string, than: string): PlugbayError {
  return new PlugbayError('DOWNGRADE', `Version "${version}" is lower than ${than}`)
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

/** What an administrator says with an upload. */
type Decided = Pick<UploadOptions, 'enable' | 'grant'>

/** The installation after the release is added. */
export function changeFor(
  release: ReleaseRequest,
  current: InstallationRecord | RemovedRecord | undefined,
  options: Decided,
): InstallationChange {
  return { ...grantsFor(release, current, options), ...accessFor(release, current, options) }
}

/** A first release that waits whatever it asks for, because it asks to take the place of another plugin. */
export function waitingChange(
  { version, access: { asked } }: Pick<ReleaseRequest, 'version' | 'access'>,
  enable = true,
): InstallationChange {
  return {
    enabled: enable,
    activeVersion: null,
    candidateVersion: version,
    grants: {},
    reviewed: {},
    ...(asked === 'public' && { access: 'user' }),
  }
}

export interface ReleaseRequest {
  readonly version: string
  readonly asked: Permissions
  /** Wider than `asked` where it leaves a choice to the operator; by default the same. */
  readonly grantable?: Permissions
  /** The audience that it asks for, and what the installed release asked for. */
  readonly access: { readonly asked: Access; readonly before: Access | undefined }
}

/** A wider audience than before is not granted by an upload, unless everything is. */
function accessFor(
  { access: { asked, before = 'user' } }: ReleaseRequest,
  current: InstallationRecord | RemovedRecord | undefined,
  { grant }: Decided,
): Pick<InstallationChange, 'access'> {
  if (current === undefined || startsOver(current, grant))
    return grant === 'none' && asked === 'public' ? { access: 'user' } : {}
  if (grant === 'all') return { access: null }
  if (isAtMostAsWide(asked, before)) return {}
  return { access: keptAccess(current.access, { before, asked }) }
}

function grantsFor(
  release: ReleaseRequest,
  current: InstallationRecord | RemovedRecord | undefined,
  options: Decided,
): InstallationChange {
  const { version, asked, grantable = asked } = release
  if (current === undefined || startsOver(current, options.grant)) {
    const enabled = options.enable ?? current?.enabled ?? true
    if (options.grant === 'none' && !isNothing(asked)) {
      return { enabled, activeVersion: null, candidateVersion: version, grants: {}, reviewed: {} }
    }
    return { enabled, activeVersion: version, candidateVersion: null, grants: asked, reviewed: asked }
  }
  const enabled = options.enable ?? current.enabled
  const kept = narrowTo(current.grants, grantable)
  if (options.grant === 'all') {
    // What the administrator chose beyond what is asked stays.
    const grants = union(asked, kept)
    return { enabled, activeVersion: version, candidateVersion: null, grants, reviewed: asked }
  }
  if (!isNothing(difference(asked, current.reviewed))) return { enabled, candidateVersion: version }
  return { enabled, activeVersion: version, candidateVersion: null, grants: kept }
}

/** A plugin that returns, and whose permissions are to be reviewed again. */
function startsOver(current: InstallationRecord | RemovedRecord, grant: UploadOptions['grant']): boolean {
  return grant === 'none' && 'accessAsked' in current
}

function isLower(version: string, than: string): boolean {
  return valid(version) !== null && valid(than) !== null && gt(than, version)
}
