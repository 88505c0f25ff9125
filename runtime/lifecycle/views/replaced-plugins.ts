// Whose place a plugin asks to take, and whether it may still.

import type { InstallationRecord } from '../../../plugin-store/records.ts'
import type { ReplacedPlugin } from '../../../sdk/api/replaced.ts'
import type { Problem } from '../../errors.ts'
import type { LifecycleServices } from '../services.ts'

type Asking = Pick<InstallationRecord, 'id' | 'dataVersion'>

/** In the order of the manifest; `record` is undefined for a package that is not installed. */
export async function replacedPlugins(
  ids: readonly string[],
  record: Asking | undefined,
  { store }: Pick<LifecycleServices, 'store'>,
): Promise<readonly ReplacedPlugin[]> {
  if (ids.length === 0) return []
  const { catalog, replacements } = store
  const done = new Map((await replacements.list()).map(({ id, by }) => [id, by]))
  return await Promise.all(
    ids.map(async (id): Promise<ReplacedPlugin> => {
      const by = done.get(id)
      if (by !== undefined) return { id, state: by === record?.id ? 'replaced' : 'taken' }
      const known = (await catalog.get(id)) ?? (await catalog.removed(id))
      if (known === undefined) return { id, state: 'unknown' }
      return { id, state: record === undefined || record.dataVersion === null ? 'open' : 'late' }
    }),
  )
}

/** Warnings of a plugin whose claim another one makes too, or has won. */
export async function replaceWarnings(
  id: string,
  replaced: readonly ReplacedPlugin[],
  { store }: Pick<LifecycleServices, 'store'>,
): Promise<readonly Problem[]> {
  const warnings = await Promise.all(
    replaced.map(async ({ id: old, state }): Promise<readonly Problem[]> => {
      const others = (await store.replacements.claimants(old)).filter((other) => other !== id)
      if (state === 'taken') return [conflict(`"${old}" was replaced by another plugin, not by "${id}"`)]
      if (state !== 'open' || others.length === 0) return []
      const names = others.map((other) => `"${other}"`).join(', ')
      return [conflict(`"${id}" and ${names} ask to replace "${old}"; only one can`)]
    }),
  )
  return warnings.flat()
}

function conflict(message: string): Problem {
  return {
    code: 'REPLACE_CONFLICT',
    message,
    hint: 'Let one of them take the place, and uninstall the others',
  }
}
