// Replaces a plugin's data with a saved snapshot. Invariant: nothing is sent before the user has seen what it does.

import { Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { asErrorDocument } from '../../api/client.ts'
import { PLUGINS_KEY } from '../../api/plugins.ts'
import { restoreData } from '../../api/upload.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { showSuccess } from '../../components/notify.ts'
import { t, timeText } from '../../languages/text.ts'

export interface RestoreDialogProps {
  readonly plugin: Installation
  readonly opened: boolean
  readonly close: () => void
}

export function RestoreDialog({ plugin, opened, close }: RestoreDialogProps) {
  const client = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const restore = useMutation({
    mutationFn: (chosen: File) => restoreData(plugin.id, chosen),
    onSuccess: ({ createdAt, installation }) => {
      leave()
      client.setQueryData([...PLUGINS_KEY, 'one', plugin.id], installation)
      showSuccess(
        t('"{name}" has its data of {time} again', {
          name: plugin.name,
          time: timeText(createdAt),
        }),
      )
    },
  })
  const leave = () => {
    close()
    setFile(null)
    restore.reset()
  }
  return (
    <Modal
      opened={opened}
      onClose={leave}
      title={<Text fw={600}>{t('Restore the data of "{name}"?', { name: plugin.name })}</Text>}
    >
      <Stack>
        <Text size="sm">
          {t(
            'Everything that it has stored now is replaced by what is in the file, or nothing is. It is started anew.',
          )}
        </Text>
        <FileInput
          label={t('File')}
          description={t('One that was saved here before, or by plugbay export')}
          placeholder={t('Choose a .plugbay-data file')}
          accept=".plugbay-data"
          value={file}
          onChange={setFile}
        />
        {restore.error && (
          <Text size="sm" c="red" component="div" role="alert">
            {asErrorDocument(restore.error).title}
            <ErrorText document={asErrorDocument(restore.error)} />
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={leave}>
            {t('Cancel')}
          </Button>
          <Button
            color="red"
            disabled={file === null}
            loading={restore.isPending}
            onClick={() => file && restore.mutate(file)}
          >
            {t('Replace its data')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
