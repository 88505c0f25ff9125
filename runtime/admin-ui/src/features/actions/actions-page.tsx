// Actions of plugins that need no object: each with its form, why it is not ready, and what became of a run.

import { Badge, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Action } from '../../../../../sdk/api/actions.ts'
import { actionsQuery } from '../../api/actions.ts'
import { LoadError } from '../../components/load-error.tsx'
import { t } from '../../languages/text.ts'
import { ActionForm } from './action-form.tsx'

export function ActionsPage() {
  const actions = useQuery(actionsQuery)
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('Actions')}
      </Title>
      <Text c="dimmed">
        {t('What plugins can do at a click. Actions on an object are offered beside it.')}
      </Text>
      {actions.isPending && <Skeleton h={120} radius="md" />}
      {actions.isError && !actions.data && <LoadError error={actions.error} />}
      {actions.data?.length === 0 && <Text>{t('No plugin offers you an action.')}</Text>}
      {actions.data?.map((action) => (
        <ActionCard key={`${action.plugin} ${action.id}`} action={action} />
      ))}
    </Stack>
  )
}

function ActionCard({ action }: { readonly action: Action }) {
  const { plugin, id, title, description, category, icon, ready, reason } = action
  const [isOpen, setOpen] = useState(false)
  return (
    <Paper withBorder p="md" component="section" aria-label={title} data-action={`${plugin} ${id}`}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <svg aria-hidden="true" width={20} height={20} viewBox="0 0 24 24" fill="currentColor">
            <path d={icon.path} />
          </svg>
          <Text fw={600} dir="auto">
            {title}
          </Text>
          <Text size="sm" c="dimmed">
            {plugin}
          </Text>
          {category !== null && (
            <Badge variant="light" color="gray" tt="none">
              {category}
            </Badge>
          )}
        </Group>
        <Button
          variant={isOpen ? 'default' : 'filled'}
          size="xs"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? t('Close') : t('Open')}
        </Button>
      </Group>
      {description !== null && (
        <Text size="sm">
          <bdi>{description}</bdi>
        </Text>
      )}
      {!ready && (
        <Text size="sm" c="orange" role="status">
          {reason === null ? t('It is not ready now.') : t('Not ready: {reason}', { reason })}
        </Text>
      )}
      {isOpen && <ActionForm action={action} />}
    </Paper>
  )
}
