// What the plugin has stored, as a file and back, and what cannot be undone.

import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { apiUrl } from '../../api/client.ts'
import { dataPath } from '../../api/plugins.ts'
import { Icon } from '../../components/icons.tsx'
import { Only } from '../../components/only.tsx'
import { Section } from '../../components/section.tsx'
import { t } from '../../languages/text.ts'
import { RestoreDialog } from './restore-dialog.tsx'
import { UninstallDialog } from './uninstall-dialog.tsx'
import { bytes } from './usage-rows.ts'

export function DataTab({ plugin }: { readonly plugin: Installation }) {
  const [isRestoring, setRestoring] = useState(false)
  const { storageBytes, filesBytes = 0 } = plugin.resources
  return (
    <Stack>
      <Section id="stored" title={t('Stored data')}>
        <Text size="sm">
          {t(
            '{size} in its key-value storage and database, {files} in its files. What it writes to folders and volumes is not counted.',
            { size: bytes(storageBytes), files: bytes(filesBytes) },
          )}
        </Text>
        <Only permission="plugins.manage">
          <Group gap="xs">
            <Button
              component="a"
              href={apiUrl(dataPath(plugin.id))}
              download
              variant="default"
              leftSection={<Icon name="down" size={16} />}
            >
              {t('Save its data')}
            </Button>
            <Button
              variant="default"
              leftSection={<Icon name="upload" size={16} />}
              onClick={() => setRestoring(true)}
            >
              {t('Restore its data…')}
            </Button>
          </Group>
        </Only>
      </Section>
      <Only permission="plugins.manage">
        <DangerZone plugin={plugin} />
      </Only>
      <RestoreDialog plugin={plugin} opened={isRestoring} close={() => setRestoring(false)} />
    </Stack>
  )
}

function DangerZone({ plugin }: { readonly plugin: Installation }) {
  const [isUninstalling, setUninstalling] = useState(false)
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="danger" className="danger-zone">
      <Stack gap="sm" align="flex-start">
        <Title order={2} size="h5" id="danger">
          {t('Danger zone')}
        </Title>
        <Text size="sm">
          {t(
            'Uninstalling stops it at once. You choose whether its data and settings stay for a later install.',
          )}
        </Text>
        <Button
          color="red"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() => setUninstalling(true)}
        >
          {t('Uninstall…')}
        </Button>
      </Stack>
      <UninstallDialog plugin={plugin} opened={isUninstalling} close={() => setUninstalling(false)} />
    </Paper>
  )
}
