// The settings of one plugin: loading, none, or the form.

import { Alert, Skeleton, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Settings } from '../../../../../sdk/api/settings.ts'
import { asErrorDocument } from '../../api/client.ts'
import { patchSettings, settingsQuery } from '../../api/plugins.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { t } from '../../languages/text.ts'
import { SettingsForm } from '../settings/settings-form.tsx'

export function SettingsTab({ id }: { readonly id: string }) {
  const client = useQueryClient()
  const settings = useQuery(settingsQuery(id))
  if (settings.isPending) return <Skeleton h={160} radius="md" />
  if (settings.isError) {
    const document = asErrorDocument(settings.error)
    return (
      <Alert color="red" title={document.title}>
        <ErrorText document={document} />
      </Alert>
    )
  }
  if (Object.keys(settings.data).length === 0)
    return <Text c="dimmed">{t('This plugin has no settings.')}</Text>
  return (
    <SettingsForm
      settings={settings.data}
      save={async (values) => {
        client.setQueryData<Settings>(settingsQuery(id).queryKey, await patchSettings(id, values))
      }}
    />
  )
}
