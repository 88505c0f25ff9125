// A page of a plugin, in a frame below a line that says whose it is.
// Invariant: name and icon of the plugin are shown by the shell, where no page can draw.

import { ActionIcon, Anchor, Button, Group, Loader, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { PluginPage } from '../../../../../sdk/api/pages.ts'
import { asErrorDocument } from '../../api/client.ts'
import { pageQuery } from '../../api/pages.ts'
import { pagePathOf, pluginHref } from '../../app/addresses.ts'
import type { PageProps } from '../../app/pages.ts'
import { useMay } from '../../app/session.ts'
import { Confirm } from '../../components/confirm.tsx'
import { Icon } from '../../components/icons.tsx'
import { Message } from '../../components/message.tsx'
import { t } from '../../languages/text.ts'
import { PluginAvatar } from '../plugin/plugin-avatar.tsx'
import { NotServing } from './not-serving.tsx'
import { usePageFrame } from './use-page-frame.ts'

export function FramedPage({ params: { id = '' } }: PageProps) {
  const page = useQuery(pageQuery(id))
  const [turn, setTurn] = useState(0)
  const [shown, setShown] = useState<PluginPage>()
  const { data } = page
  // A page that is open goes on while the plugin is away for a moment, and through updates.
  const isSame = shown !== undefined && shown.plugin === id && shown.generation === (data ?? shown).generation
  useEffect(() => {
    if (!isSame) setShown(data)
  }, [data, isSame])
  const isGone = page.isError && [401, 403, 404].includes(asErrorDocument(page.error).status)
  if (page.isError && (isGone || !isSame)) return <NotServing id={id} error={page.error} />
  if (!isSame) return <Wait />
  const again = () => {
    setShown(data)
    setTurn(turn + 1)
  }
  return (
    <Frame
      // Another installation, or a page that is opened again, is another frame.
      key={`${id} ${shown.generation} ${turn}`}
      page={shown}
      isNewer={data !== undefined && data.version !== shown.version}
      isAway={page.isError}
      again={again}
    />
  )
}

interface FrameProps {
  readonly page: PluginPage
  /** Another release serves now. */
  readonly isNewer: boolean
  readonly isAway: boolean
  readonly again: () => void
}

function Frame({ page, isNewer, isAway, again }: FrameProps) {
  const { place, state, title, question } = usePageFrame(page)
  useDocumentTitle(title === '' ? `${page.name} · Plugbay` : `${title} · ${page.name} · Plugbay`)
  const isOver = state === 'left' || state === 'flooded'
  return (
    <section className="framed-page" aria-label={page.name} data-frame-state={state}>
      <Bar page={page} title={title} again={again} />
      {isAway && <Notice text={t('The plugin does not answer at the moment. It is asked again.')} />}
      {isNewer && !isAway && (
        <Notice
          text={t('Another version of the plugin serves now.')}
          again={again}
          label={t('Load the page anew')}
        />
      )}
      {state === 'silent' && (
        <Notice
          text={t('The page does not answer. It may be an error or a file of the plugin.')}
          again={again}
          label={t('Load the page anew')}
        />
      )}
      <div className="framed-page-place" ref={place} hidden={isOver}>
        {state === 'loading' && <Wait />}
      </div>
      {isOver && (
        <Message
          title={state === 'left' ? t('The page has left the plugin') : t('The page was stopped')}
          text={
            state === 'left'
              ? t('It wanted to show something that does not belong to "{name}", and was closed.', {
                  name: page.name,
                })
              : t('It sent more messages than a page has to send.')
          }
        >
          <Button onClick={again}>{t('Open it again')}</Button>
        </Message>
      )}
      {question !== null && (
        <Confirm
          title={t('"{name}" asks', { name: page.name })}
          text={question.text}
          label={question.label ?? t('OK')}
          isDangerous={question.danger}
          confirmed={() => question.decide(true)}
          close={() => queueMicrotask(() => question.decide(false))}
        />
      )}
    </section>
  )
}

function Bar({ page, title, again }: Pick<FrameProps, 'page' | 'again'> & { readonly title: string }) {
  const may = useMay()
  const { plugin, name, icon, root } = page
  return (
    <Group gap="xs" wrap="nowrap" justify="space-between">
      <Group gap="xs" wrap="nowrap" miw={0}>
        {icon === null ? (
          <PluginAvatar id={plugin} name={name} size={28} />
        ) : (
          <img src={icon} alt="" width={28} height={28} />
        )}
        <Text component="h1" fw={600} size="md" m={0} truncate>
          {may('plugins.view') ? (
            <Anchor href={pluginHref(plugin)} c="inherit" inherit>
              <bdi>{name}</bdi>
            </Anchor>
          ) : (
            <bdi>{name}</bdi>
          )}
        </Text>
        {title !== '' && title !== name && (
          <Text size="sm" c="dimmed" truncate>
            <bdi>{title}</bdi>
          </Text>
        )}
      </Group>
      <Group gap={4} wrap="nowrap">
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          onClick={again}
          aria-label={t('Load the page anew')}
        >
          <Icon name="reload" />
        </ActionIcon>
        <ActionIcon
          component="a"
          variant="subtle"
          color="gray"
          size="lg"
          href={root + pagePathOf(location.hash)}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t('Open the page of "{name}" in a tab of its own', { name })}
        >
          <Icon name="external" />
        </ActionIcon>
      </Group>
    </Group>
  )
}

interface NoticeProps {
  readonly text: string
  readonly label?: string
  readonly again?: () => void
}

function Notice({ text, label, again }: NoticeProps) {
  return (
    <Group role="status" gap="xs" px="xs">
      <Icon name="info" size={16} />
      <Text size="sm">{text}</Text>
      {again !== undefined && (
        <Button size="compact-xs" variant="light" onClick={again}>
          {label}
        </Button>
      )}
    </Group>
  )
}

function Wait() {
  return (
    <div className="framed-page-wait">
      <Loader aria-label={t('The page is being opened')} />
    </div>
  )
}
