// The keys of the plugin. Each leads to its value.

import { Anchor, Button, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '../../api/storage.ts'
import { SearchField } from '../../components/search-field.tsx'
import { t, timeText } from '../../languages/text.ts'
import { StoredList, usePrefix } from './stored-list.tsx'
import { ValueDialog } from './value-dialog.tsx'

export function KeysPanel({ id }: { readonly id: string }) {
  const { typed, prefix, type } = usePrefix()
  const list = useInfiniteQuery(keysQuery(id, prefix))
  /** "" for a new key. */
  const [opened, setOpened] = useState<string | null>(null)
  const keys = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <Group gap="sm">
        <SearchField small label={t('Begin of the key')} value={typed} onChange={type} />
        <Button size="xs" variant="default" onClick={() => setOpened('')}>
          {t('New key…')}
        </Button>
      </Group>
      <StoredList list={list} isEmpty={keys.length === 0}>
        <ul className="stored">
          {keys.map(({ key, expiresAt, metadata }) => (
            <li key={key} data-key={key}>
              <Anchor
                component="button"
                type="button"
                size="sm"
                className="stored-name"
                onClick={() => setOpened(key)}
              >
                <bdi>{key}</bdi>
              </Anchor>
              {metadata !== null && (
                <Text span size="xs" c="dimmed" className="long-value" dir="ltr">
                  {JSON.stringify(metadata)}
                </Text>
              )}
              {expiresAt !== null && (
                <Text span size="xs" c="dimmed">
                  {t('until {time}', { time: timeText(expiresAt) })}
                </Text>
              )}
            </li>
          ))}
        </ul>
      </StoredList>
      {opened !== null && <ValueDialog id={id} name={opened} close={() => setOpened(null)} />}
    </>
  )
}
