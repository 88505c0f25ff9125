// The files of the plugin: saved by the browser, never shown in this page, and deleted.

import { Anchor, Button, Text } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { filesQuery, fileUrl, removeStored, storageKey } from '../../api/storage.ts'
import { Confirm } from '../../components/confirm.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { SearchField } from '../../components/search-field.tsx'
import { t, timeText } from '../../languages/text.ts'
import { bytes } from '../plugin/usage-rows.ts'
import { StoredList, usePrefix } from './stored-list.tsx'

export function FilesPanel({ id }: { readonly id: string }) {
  const client = useQueryClient()
  const { typed, prefix, type } = usePrefix()
  const list = useInfiniteQuery(filesQuery(id, prefix))
  const [asked, setAsked] = useState<string | null>(null)
  const remove = useMutation({
    mutationFn: (key: string) => removeStored(id, 'file', key),
    onSuccess: (_, key) => showSuccess(t('"{key}" is deleted', { key })),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: storageKey(id) }),
  })
  const files = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <SearchField small label={t('Begin of the name')} value={typed} onChange={type} />
      <StoredList list={list} isEmpty={files.length === 0}>
        <ul className="stored">
          {files.map((file) => (
            <li key={file.key} data-file={file.key}>
              <Anchor size="sm" href={fileUrl(id, file.key)} download className="stored-name">
                <bdi>{file.key}</bdi>
              </Anchor>
              <Text span size="xs" c="dimmed">
                {bytes(file.bytes)}
              </Text>
              {file.contentType !== null && (
                <Text span size="xs" c="dimmed" dir="ltr">
                  {file.contentType}
                </Text>
              )}
              <Text span size="xs" c="dimmed">
                {timeText(file.uploadedAt)}
              </Text>
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                aria-label={t('Delete "{name}"', { name: file.key })}
                onClick={() => setAsked(file.key)}
              >
                {t('Delete')}
              </Button>
            </li>
          ))}
        </ul>
      </StoredList>
      {asked !== null && (
        <Confirm
          title={t('Delete "{name}"?', { name: asked })}
          text={t('The file is gone for the plugin, too.')}
          label={t('Delete')}
          isDangerous
          confirmed={() => remove.mutate(asked)}
          close={() => setAsked(null)}
        />
      )}
    </>
  )
}
