// Logs for 30 days, in the region, and who is told when something is wrong.

import { roles } from 'roles.bicep'

param workspaceName string
param componentName string
param location string

@description('How long the platform keeps logs.')
param retentionDays int

@description('The identity that writes logs.')
param identityName string

@description('A role\'s mailbox.')
param alertEmail string

@description('Functions that run by a timer.')
param timers string[]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  properties: {
    features: {
      disableLocalAuth: true
    }
    retentionInDays: retentionDays
    sku: {
      name: 'PerGB2018'
    }
  }
}

// Callers' IP addresses are masked before anything is kept.
resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableIpMasking: false
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    RetentionInDays: retentionDays
    WorkspaceResourceId: workspace.id
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, identity.id, 'monitoringMetricsPublisher')
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'operators'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: 'operators'
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

var areTimers = 'name in ("${join(timers, '", "')}")'

// Lines take some minutes to arrive: each is looked for twice, and told once. An alert stays until nothing is found any more.
var alerts = [
  {
    name: 'work-is-stuck'
    description: 'Work failed five times and went to a poison queue; it is tried again after longer and longer waits.'
    query: 'traces | where message has "work is stuck"'
    severity: 1
    window: 'PT30M'
    fewerThan: null
  }
  {
    name: 'the-region-lock-is-broken'
    description: 'The app runs, or its data lie, where the register does not allow it: nothing is changed or sent.'
    query: 'traces | where message has "the region lock is broken"'
    severity: 0
    window: 'PT30M'
    fewerThan: null
  }
  {
    name: 'requests-are-late'
    description: 'The period of a data subject\'s request (Art. 12(3)) ends within a week, or has ended.'
    query: 'traces | where message has "a request is overdue" or message has "a request is due within a week"'
    severity: 1
    window: 'PT30M'
    fewerThan: null
  }
  {
    name: 'a-notice-reaches-nobody'
    description: 'A tenant without an administrator has not been told of a change of the sub-processors: its period does not run.'
    query: 'traces | where message has "a notice reaches nobody"'
    severity: 2
    window: 'PT30M'
    fewerThan: null
  }
  {
    name: 'a-timer-failed'
    description: 'A function that runs by a timer failed.'
    query: 'requests | where success == false and ${areTimers}'
    severity: 2
    window: 'PT30M'
    fewerThan: null
  }
  {
    name: 'a-timer-does-not-run'
    description: 'A function that runs by a timer has not succeeded for two hours: the app, or its host, does not start.'
    query: 'requests | where success == true and ${areTimers} | distinct name'
    severity: 1
    window: 'PT2H'
    fewerThan: length(timers)
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in alerts: {
    name: rule.name
    location: location
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: rule.description
      severity: rule.severity
      enabled: true
      autoMitigate: true
      evaluationFrequency: 'PT15M'
      windowSize: rule.window
      scopes: [component.id]
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.fewerThan == null ? 'GreaterThan' : 'LessThan'
            threshold: rule.fewerThan ?? 0
          }
        ]
      }
      actions: {
        actionGroups: [operators.id]
      }
    }
  }
]
