// Uninstalls a plugin, with a choice about its data. Invariant: the data is kept unless the user chooses otherwise.

import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { PLUGINS_KEY, uninstall } from '../../api/plugins.ts'
import { go, pluginsHref } from '../../app/addresses.ts'
import { showError, showSuccess, showWarning } from '../../components/notify.ts'
import { t } from '../../languages/text.ts'

export interface UninstallDialogProps {
  readonly plugin: Installation
  readonly opened: boolean
  readonly close: () => void
}

type Data = 'keep' | 'delete'

export function UninstallDialog({ plugin, opened, close }: UninstallDialogProps) {
  const client = useQueryClient()
  const [data, setData] = useState<Data>('keep')
  const remove = useMutation({
    mutationFn: () => uninstall(plugin.id, data),
    onSuccess: (answer) => {
      close()
      // Navigate first: the page of an uninstalled plugin would request it once more.
      go(pluginsHref())
      client.setQueryData<readonly Installation[]>([...PLUGINS_KEY, 'list'], (all) =>
        all?.filter((other) => other.id !== plugin.id),
      )
      void client.invalidateQueries({ queryKey: [...PLUGINS_KEY, 'list'] })
      const sentence =
        data === 'delete'
          ? t('"{name}" is uninstalled, and its data is deleted', { name: plugin.name })
          : t('"{name}" is uninstalled', { name: plugin.name })
      if (answer === undefined) showSuccess(sentence)
      else showWarning(sentence, answer.warnings)
    },
    onError: showError,
  })
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<Text fw={600}>{t('Uninstall "{name}"?', { name: plugin.name })}</Text>}
    >
      <Stack>
        <Text size="sm">{t('Its pages and functions are gone at once.')}</Text>
        <Radio.Group
          label={t('What it stored, its settings, and what you allowed it')}
          value={data}
          onChange={(value) => setData(value === 'delete' ? 'delete' : 'keep')}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="keep"
              label={t('Keep its data')}
              description={t('All of it is there again when the plugin is installed again')}
            />
            <Radio
              value="delete"
              label={t('Delete its data')}
              description={t('Also its settings and permissions; this cannot be undone')}
              color="red"
            />
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t('Cancel')}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {data === 'delete' ? t('Uninstall and delete data') : t('Uninstall')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
