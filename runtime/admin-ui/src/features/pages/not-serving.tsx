// A page of a plugin that cannot be shown: who may see the plugin learns what is the matter with it.

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { asErrorDocument } from '../../api/client.ts'
import { useLive } from '../../api/live.ts'
import { pluginQuery } from '../../api/plugins.ts'
import { pluginHref } from '../../app/addresses.ts'
import { useMay } from '../../app/session.ts'
import { LoadError } from '../../components/load-error.tsx'
import { Message } from '../../components/message.tsx'
import { t } from '../../languages/text.ts'
import { stateWords } from '../plugin/state-badge.tsx'

export function NotServing({ id, error }: { readonly id: string; readonly error: unknown }) {
  const live = useLive()
  const may = useMay()
  const { status } = asErrorDocument(error)
  const isAway = status === 404 || status === 503
  const plugin = useQuery({ ...pluginQuery(id, live), enabled: isAway && may('plugins.view') })
  if (status === 403)
    return (
      <Message
        title={t('You may not open this page')}
        text={t('The plugin is not for everyone. An administrator can give you the permission.')}
      />
    )
  if (!isAway) return <LoadError error={error} />
  if (plugin.data === undefined)
    return (
      <Message
        title={status === 404 ? t('There is no such page') : t('The plugin does not answer')}
        text={
          status === 404
            ? t('The plugin is not installed, is disabled, or has no pages.')
            : t('It is being started, or something is wrong with it. The page opens as soon as it is back.')
        }
      />
    )
  const { name, state, problem, enabled } = plugin.data
  const words = stateWords(state)
  return (
    <Message
      title={enabled && status === 404 ? t('"{name}" has no pages', { name }) : `${name}: ${words.label}`}
      text={problem?.message ?? (enabled && status === 404 ? '' : words.sentence)}
    >
      <Button component="a" href={pluginHref(id)} variant="default">
        {t('To the plugin')}
      </Button>
    </Message>
  )
}
