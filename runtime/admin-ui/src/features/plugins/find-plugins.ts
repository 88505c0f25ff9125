// Finds plugins by words and by state, and puts them in order.

import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { finder } from '../../components/found-by-words.ts'
import { language, t } from '../../languages/text.ts'
import { needsAttention } from './attention.ts'

export interface PluginFilter {
  readonly search: string
  /** A value of FILTERS. */
  readonly state: string
  readonly order: 'name' | 'state' | 'recent'
}

interface StateFilter {
  readonly value: string
  readonly label: string
  readonly fits: (plugin: Installation) => boolean
}

export const FILTERS: readonly StateFilter[] = [
  { value: 'all', label: t('Every state'), fits: () => true },
  { value: 'attention', label: t('Needs attention'), fits: needsAttention },
  {
    value: 'update',
    label: t('Update waits'),
    fits: ({ candidate, version }) => candidate !== null && version !== null,
  },
  { value: 'enabled', label: t('Enabled'), fits: ({ enabled }) => enabled },
  { value: 'disabled', label: t('Disabled'), fits: ({ enabled }) => !enabled },
]

export function found(plugins: readonly Installation[], filter: PluginFilter): readonly Installation[] {
  const isFound = finder(filter.search)
  const state = FILTERS.find(({ value }) => value === filter.state)
  return plugins.filter(
    (plugin) => isFound(plugin.name, plugin.id, plugin.description) && (state?.fits(plugin) ?? true),
  )
}

export function sorted(
  plugins: readonly Installation[],
  order: PluginFilter['order'],
): readonly Installation[] {
  const names = new Intl.Collator(language)
  const byName = (a: Installation, b: Installation) =>
    names.compare(a.name, b.name) || names.compare(a.id, b.id)
  if (order === 'recent')
    return plugins.toSorted((a, b) => newest(b).localeCompare(newest(a)) || byName(a, b))
  if (order === 'state')
    return plugins.toSorted((a, b) => Number(needsAttention(b)) - Number(needsAttention(a)) || byName(a, b))
  return plugins.toSorted(byName)
}

function newest({ releases }: Installation): string {
  return releases[0]?.installedAt ?? ''
}
