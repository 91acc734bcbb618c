-- Appends entries and tells of them (L1, L2, L3), unless the log lacks what the caller has
-- folded in (L7).
-- KEYS: room, log, keys. ARGV: epoch, channel, last entry that the caller folded in and its key
-- (each empty when not to be looked at), then key, kind, writer, time, bytes of each.
local epoch, last, trimmed = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'last', 'trimmed'))
if not epoch then
  return redis.error_reply('NOROOM never made')
elseif epoch ~= ARGV[1] then
  return redis.error_reply('FENCED ' .. epoch)
end

if ARGV[3] ~= '' then
  local known, floor = tonumber(ARGV[3]), tonumber(trimmed)
  if known > tonumber(last) then
    return redis.error_reply('REGRESSED ' .. last)
  elseif known < floor then
    -- Keys up to there are forgotten: an append that is tried again could count twice.
    return redis.error_reply('TRIMMED ' .. trimmed)
  elseif ARGV[4] ~= '' and known > floor and redis.call('HGET', KEYS[3], ARGV[4]) ~= ARGV[3] then
    return redis.error_reply('REGRESSED ' .. last)
  end
end

local before = tonumber(last)
local number = before
local answer = {}
for place = 5, #ARGV, 5 do
  local known = redis.call('HGET', KEYS[3], ARGV[place])
  if known then
    answer[#answer + 1] = tonumber(known)
  else
    number = number + 1
    local digits = string.format('%.0f', number)
    -- The first write of the script: where it is refused, nothing was written.
    local added = redis.pcall('XADD', KEYS[2], digits .. '-0', 'k', ARGV[place],
      't', ARGV[place + 1], 'w', ARGV[place + 2], 'a', ARGV[place + 3], 'b', ARGV[place + 4])
    if added.err and string.find(added.err, 'equal or smaller', 1, true) then
      return redis.error_reply('DAMAGED the log is longer than its room says')
    elseif added.err then
      return added
    end
    redis.call('HSET', KEYS[3], ARGV[place], digits)
    answer[#answer + 1] = number
  end
end

if number > before then
  local digits = string.format('%.0f', number)
  redis.call('HSET', KEYS[1], 'last', digits)
  redis.call('PUBLISH', ARGV[2], digits)
end
return answer
