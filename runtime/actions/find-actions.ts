// The actions that serving plugins offer in a context to a user: a pure function of the snapshot of what serves.

import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { holds } from '../../sdk/permissions/permission-strings.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import { mayAccess } from '../permissions/access.ts'

export type DeclaredAction = NonNullable<NonNullable<Manifest['contributes']>['actions']>[number]

export interface OfferedAction {
  readonly plugin: ServingPlugin
  readonly action: DeclaredAction
}

export const GENERAL = 'general'

export function contextOf({ context = GENERAL }: Pick<DeclaredAction, 'context'>): string {
  return context
}

/** Those that the user may run, in order: that of the plugins in this context, then that of the manifest. */
export function actionsIn(
  context: string,
  contributors: Pick<Contributors, 'of'>,
  user: User | null,
): readonly OfferedAction[] {
  return contributors.of('contexts', context).flatMap(({ plugin }) =>
    actionsOf(plugin)
      .filter((action) => contextOf(action) === context && mayRun(plugin, action, user))
      .map((action) => ({ plugin, action })),
  )
}

export function actionsOf(plugin: ServingPlugin): readonly DeclaredAction[] {
  return plugin.manifest.contributes?.actions ?? []
}

/** Who has access to the plugin, and all the permissions that the action asks for. */
export function mayRun(
  plugin: ServingPlugin,
  { permissions = [] }: DeclaredAction,
  user: User | null,
): boolean {
  return (
    mayAccess(plugin.access, user) &&
    permissions.every((permission) => user !== null && holds(user.permissions, permission))
  )
}
