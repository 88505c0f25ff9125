// All data of the server as one file, and back. Invariant: nothing is restored before the file was checked, and that was confirmed.

import { Alert, Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { apiUrl, asErrorDocument } from '../../api/client.ts'
import { BACKUP_PATH } from '../../api/server.ts'
import { sendBackup } from '../../api/upload.ts'
import { Copyable } from '../../components/copyable.tsx'
import { ErrorText } from '../../components/error-text.tsx'
import { Icon } from '../../components/icons.tsx'
import { Section } from '../../components/section.tsx'
import { plural, t } from '../../languages/text.ts'

export function BackupPanel() {
  const [isRestoring, setRestoring] = useState(false)
  return (
    <Section id="backup" title={t('Backup')}>
      <Text size="sm">
        {t(
          'Everything that the server remembers, made while it runs: plugins, settings, users, and what plugins have stored. Not in it: the configuration, settings.toml and secrets.key. Keep that key apart, since stored secrets cannot be read without it.',
        )}
      </Text>
      <Group gap="xs">
        <Button
          component="a"
          href={apiUrl(BACKUP_PATH)}
          download={fileName(new Date())}
          leftSection={<Icon name="down" size={16} />}
        >
          {t('Save a backup')}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="upload" size={16} />}
          onClick={() => setRestoring(true)}
        >
          {t('Restore a backup…')}
        </Button>
      </Group>
      <Text size="sm">{t('The same on the command line, for a timer:')}</Text>
      <Copyable command="plugbay backup" />
      <Copyable command="plugbay restore plugbay.tar --check" />
      {isRestoring && <RestoreBackup close={() => setRestoring(false)} />}
    </Section>
  )
}

/** As the command line names it. */
function fileName(time: Date): string {
  return `plugbay-${time.toISOString().slice(0, 19).replaceAll(':', '-')}.tar`
}

/** Open as long as it is mounted. */
function RestoreBackup({ close }: { readonly close: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const check = useMutation({ mutationFn: (chosen: File) => sendBackup(chosen, { isCheck: true }) })
  const restore = useMutation({ mutationFn: (chosen: File) => sendBackup(chosen, { isCheck: false }) })
  const choose = (chosen: File | null) => {
    setFile(chosen)
    check.reset()
  }
  const error = restore.error ?? check.error
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{t('Restore a backup')}</Text>}>
      {restore.data ? (
        <Stack>
          <Alert color="teal" icon={<Icon name="check" />} title={t('The backup is restored')}>
            {restore.data.atNextStart.length > 0 && t('Start the server again: the rest takes effect then.')}
          </Alert>
          <Group justify="flex-end">
            <Button onClick={close}>{t('Done')}</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text size="sm">
            {t(
              'What the server has is replaced by what is in the file, all of it or nothing. What was changed since the backup is lost; the store as it was is kept as store.before-restore.db in the data folder.',
            )}
          </Text>
          <FileInput
            label={t('File')}
            description={t('One that was saved here, or by plugbay backup')}
            placeholder={t('Choose a .tar file')}
            accept=".tar"
            value={file}
            onChange={choose}
          />
          {check.data && (
            <Text size="sm" role="status">
              {plural('The server could take it: {count} part', 'The server could take it: {count} parts', {
                count: check.data.checked.length,
              })}
            </Text>
          )}
          {error && (
            <Text size="sm" c="red" component="div" role="alert">
              {asErrorDocument(error).title}
              <ErrorText document={asErrorDocument(error)} />
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('Cancel')}
            </Button>
            {check.data === undefined ? (
              <Button
                disabled={file === null}
                loading={check.isPending}
                onClick={() => file && check.mutate(file)}
              >
                {t('Check it')}
              </Button>
            ) : (
              <Button color="red" loading={restore.isPending} onClick={() => file && restore.mutate(file)}>
                {t('Replace everything')}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
