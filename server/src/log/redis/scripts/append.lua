-- Appends entries and tells of them (L1, L2, L3), unless the log lacks what the caller has
-- folded in (L7).
-- KEYS: room, log, keys. ARGV: epoch, channel, node, last entry that the caller folded in and its
-- key (each empty when not to be looked at), then key, kind, writer, time, bytes of each, and last
-- the run of this server.
local epoch, last, trimmed, latest, run =
  unpack(redis.call('HMGET', KEYS[1], 'epoch', 'last', 'trimmed', 'key', 'run'))
if not epoch then
  return redis.error_reply('NOROOM never made')
elseif epoch ~= ARGV[1] then
  return redis.error_reply('FENCED ' .. epoch)
end

-- Most know the last entry, whose key stands with the room.
if ARGV[4] ~= '' and (ARGV[4] ~= last or ARGV[5] ~= latest) then
  local known, floor = tonumber(ARGV[4]), tonumber(trimmed)
  if known > tonumber(last) then
    return redis.error_reply('REGRESSED ' .. last)
  elseif known < floor then
    -- Keys up to there are forgotten: an append that is tried again could count twice.
    return redis.error_reply('TRIMMED ' .. trimmed)
  elseif ARGV[5] ~= '' and known > floor and redis.call('HGET', KEYS[3], ARGV[5]) ~= ARGV[4] then
    return redis.error_reply('REGRESSED ' .. last)
  end
end

-- A server that died while it wrote its file left part of a step there: it passes over that when
-- it starts, but what it writes next comes after it, and so the next start carries that part out.
-- Hence the first append of each run writes what there is once more, over whatever comes to light.
local this_run, has_entries = ARGV[#ARGV], #ARGV > 6
if has_entries and run ~= this_run then
  -- The first write of the script: where it is refused, nothing was written.
  local kept = redis.pcall('HSET', KEYS[1], 'last', last, 'run', this_run)
  if type(kept) == 'table' then
    return kept
  end
  if latest then
    redis.call('HSET', KEYS[1], 'key', latest)
  end
  -- What came to light already, of an append that nobody was told of.
  local beyond = redis.call('XRANGE', KEYS[2], string.format('%.0f', tonumber(last) + 1), '+')
  for _, entry in ipairs(beyond) do
    redis.call('XDEL', KEYS[2], entry[1])
  end
  if #beyond > 0 then
    redis.call('XSETID', KEYS[2], last .. '-0')
  end
  local known = redis.call('HGETALL', KEYS[3])
  for place = 1, #known, 2 do
    if tonumber(known[place + 1]) > tonumber(last) then
      redis.call('HDEL', KEYS[3], known[place])
    end
  end
  -- Only what is there can be deleted, then and later.
  if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('XADD', KEYS[2], '0-1', '', '')
    redis.call('DEL', KEYS[2])
  end
  if redis.call('EXISTS', KEYS[3]) == 0 then
    redis.call('HSET', KEYS[3], '', 0)
    redis.call('DEL', KEYS[3])
  end
  for place = 2, 3 do
    local content = redis.call('DUMP', KEYS[place])
    if content then
      redis.call('RESTORE', KEYS[place], 0, content, 'REPLACE')
    end
  end
end

local number = tonumber(last)
local digits
local answer = {}
for place = 6, #ARGV - 1, 5 do
  local key = ARGV[place]
  local fresh = string.format('%.0f', number + 1)
  -- The first write of most: where it is refused, nothing was written.
  local is_new = redis.pcall('HSETNX', KEYS[3], key, fresh)
  if type(is_new) == 'table' then
    return is_new
  elseif is_new == 0 then
    answer[#answer + 1] = tonumber(redis.call('HGET', KEYS[3], key))
  else
    local added = redis.pcall('XADD', KEYS[2], fresh .. '-0', 'k', key,
      't', ARGV[place + 1], 'w', ARGV[place + 2], 'a', ARGV[place + 3], 'b', ARGV[place + 4])
    if added.err then
      redis.call('HDEL', KEYS[3], key)
      if string.find(added.err, 'equal or smaller', 1, true) then
        return redis.error_reply('DAMAGED the log is longer than its room says')
      end
      return added
    end
    number, digits, latest = number + 1, fresh, key
    answer[#answer + 1] = number
  end
end

if digits then
  redis.call('HSET', KEYS[1], 'last', digits, 'key', latest)
  redis.call('PUBLISH', ARGV[2], digits .. ' ' .. ARGV[3])
end
return answer
