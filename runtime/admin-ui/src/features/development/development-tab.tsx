// For who writes the plugin: what it does, what it may and does, and what it has stored. Only with the server of "plugbay dev".

import { SegmentedControl, Stack } from '@mantine/core'
import { useState } from 'react'
import { t } from '../../languages/text.ts'
import { AdviceView } from './advice-view.tsx'
import { CallsView } from './calls-view.tsx'
import { StorageView } from './storage-view.tsx'

const VIEWS = [
  { value: 'calls', label: t('Calls'), View: CallsView },
  { value: 'advice', label: t('Use of permissions'), View: AdviceView },
  { value: 'storage', label: t('Storage'), View: StorageView },
] as const

export function DevelopmentTab({ id }: { readonly id: string }) {
  const [view, setView] = useState<string>('calls')
  const { View = CallsView } = VIEWS.find(({ value }) => value === view) ?? {}
  return (
    <Stack>
      <SegmentedControl
        aria-label={t('What to show')}
        data={VIEWS.map(({ value, label }) => ({ value, label }))}
        value={view}
        onChange={setView}
        style={{ alignSelf: 'start' }}
      />
      <View id={id} />
    </Stack>
  )
}
