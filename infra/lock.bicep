// The region lock: what may be deployed where, by the register of sub-processors and nothing else.

var register = loadJsonContent('sub-processors.json')
var table = loadJsonContent('azure-regions.json').regions

@description('What a claim of a zone includes.')
var zones = {
  EU: ['EU']
  EEA: ['EU', 'EEA']
  adequacy: ['EU', 'EEA', 'adequacy']
}

var inUse = filter(register.subProcessors, entry => contains(['active', 'ending'], entry.status))
var listed = flatten(map(inUse, entry => entry.location.regions))
var revision = max(map(register.revisions, revision => revision.number))

@export()
@description('Regions that hold data of an entry in use, and lie where the register claims that all data lie.')
var allowedRegions = map(
  filter(table, region => contains(listed, region.name) && contains(zones[register.zone], region.zone)),
  region => region.name
)

@export()
@description('Allowed regions whose pair is allowed too.')
var geoReplicatedRegions = map(
  filter(table, region => contains(allowedRegions, region.name) && contains(allowedRegions, region.pair ?? '')),
  region => region.name
)

@export()
@description('Types of resources that may have the location \'global\'.')
var allowedGlobalTypes = flatten(map(
  filter(flatten(map(inUse, entry => entry.nonRegionalServices)), service => service.kind == 'global'),
  service => service.resourceTypes
))

@export()
@description('Says which register the lock is of.')
var registerRevision = 'revision ${revision} of the register of sub-processors'

@export()
@description('The region itself, if anything may be deployed there. Every parameter that carries a region passes here.')
func lockedRegion(region string) string =>
  contains(allowedRegions, region)
    ? region
    : fail('The region ${region} is not allowed by ${registerRevision}, which allows ${join(allowedRegions, ', ')}.')

@export()
@description('The SKU of a storage account, if no copy leaves the lock and the region can have it.')
func lockedSku(redundancy string, region string) string =>
  contains(['GRS', 'GZRS'], redundancy) && !contains(geoReplicatedRegions, region)
    ? fail('The redundancy ${redundancy} copies from ${region} to its paired region, which is not allowed by ${registerRevision}.')
    : contains(['ZRS', 'GZRS'], redundancy) && !contains(zoneRedundantRegions, region)
        ? fail('The redundancy ${redundancy} needs availability zones, which ${region} does not have.')
        : 'Standard_${redundancy}'

var mailEntries = map(filter(inUse, entry => entry.use == 'mail'), entry => entry.id)

@export()
@description('The sub-processor that carries mail, by the entries in use; empty where that is the operator\'s own server.')
func mailSubProcessor(named string?) string =>
  contains(mailEntries, named ?? '') || (named == null && length(mailEntries) < 2)
    ? named ?? join(mailEntries, '')
    : fail('Mail goes through \'${named ?? ''}\', and ${registerRevision} has for mail in use: ${join(mailEntries, ', ')}.')

var zoneRedundantRegions = map(filter(table, region => region.availabilityZones), region => region.name)
