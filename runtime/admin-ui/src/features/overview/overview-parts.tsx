// What plugins show on the first page of the server, below the list.
// Invariant: none of their code runs in this page, which may do everything: it shows sandboxed frames only, whatever is granted.

import { Anchor, Card, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { SlotPart } from '../../../../../sdk/api/bundles.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { framePart } from '../../../../../sdk/host-page/frame-part.ts'
import { OVERVIEW, overviewQuery, reportFailure } from '../../api/overview.ts'
import { pluginHref } from '../../app/addresses.ts'
import { t } from '../../languages/text.ts'

/** Pixels. What is taller scrolls inside of its frame. */
const MAX_HEIGHT = 800

export function OverviewParts({ plugins }: { readonly plugins: readonly Installation[] }) {
  const serving = plugins
    .filter(({ urls }) => urls.page !== null || urls.api !== null)
    .map(({ id, version }) => `${id} ${version}`)
  const { data: parts = [] } = useQuery(overviewQuery(serving))
  if (parts.length === 0) return null
  return (
    <Stack component="section" gap="sm" aria-labelledby="overview">
      <Title order={2} size="h3" id="overview">
        {t('From plugins')}
      </Title>
      {parts.map((part) => (
        // Another release is another frame.
        <Part key={`${part.plugin} ${part.id} ${part.entry?.integrity}`} part={part} />
      ))}
    </Stack>
  )
}

function Part({ part }: { readonly part: SlotPart }) {
  const { plugin, title } = part
  const place = useRef<HTMLDivElement>(null)
  const shown = useRef(part)
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    const { current: bundle } = shown
    const opened = framePart({ bundle, slot: OVERVIEW, params: {}, maxHeight: MAX_HEIGHT })
    let isThere = true
    const fail = (error: unknown, isOver: boolean) => {
      if (!isThere) return
      if (isOver) {
        opened.takeOut()
        setFailed(true)
      }
      void reportFailure(bundle, error)
    }
    opened.onFailure(fail)
    place.current?.append(opened.element)
    opened.shown.catch((error: unknown) => fail(error, true))
    return () => {
      isThere = false
      opened.close()
      opened.takeOut()
    }
  }, [])
  return (
    <Card component="article" withBorder padding="sm" aria-label={title} data-overview={plugin}>
      <Anchor href={pluginHref(plugin)} size="sm" c="dimmed">
        {title}
      </Anchor>
      {hasFailed ? (
        <Text size="sm" role="status">
          {t('It could not be shown. The page of the plugin says why.')}
        </Text>
      ) : (
        <div ref={place} />
      )}
    </Card>
  )
}
