// What the plugin has stored: keys and values, tables and files, each where it is granted.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLive } from '../../api/live.ts'
import { pluginQuery } from '../../api/plugins.ts'
import { storageKey } from '../../api/storage.ts'
import { Icon } from '../../components/icons.tsx'
import { Section } from '../../components/section.tsx'
import { t } from '../../languages/text.ts'
import { FilesPanel } from './files-panel.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { TablesPanel } from './tables-panel.tsx'

export function StorageView({ id }: { readonly id: string }) {
  const client = useQueryClient()
  const plugin = useQuery(pluginQuery(id, useLive()))
  const { kv, database, files } = plugin.data?.grants ?? {}
  if (kv !== true && database !== true && files !== true)
    return <Text c="dimmed">{t('The plugin asks for no storage of its own.')}</Text>
  return (
    <Stack>
      <Group justify="flex-end">
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="reload" size={14} />}
          onClick={() => void client.invalidateQueries({ queryKey: storageKey(id) })}
        >
          {t('Read again')}
        </Button>
      </Group>
      {kv === true && (
        <Section id="keys" title={t('Keys and values')}>
          <KeysPanel id={id} />
        </Section>
      )}
      {database === true && (
        <Section id="tables" title={t('Database')}>
          <TablesPanel id={id} />
        </Section>
      )}
      {files === true && (
        <Section id="files" title={t('Files')}>
          <FilesPanel id={id} />
        </Section>
      )}
    </Stack>
  )
}
